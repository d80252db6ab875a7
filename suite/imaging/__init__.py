"""Pictures and PDF pages opened, quadrilaterals, drawing: the floor 0 of pixels."""
