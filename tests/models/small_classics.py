"""The classics, each reduced in width and depth by its own configuration.

Small enough for a few steps of training, with every kind of layer that the network has.
"""

from suite.models.googlenet import Module

MODULES = (
    (Module(8, 8, 16, 8, 8, 8),),
    (Module(8, 8, 8, 8, 8, 8), Module(0, 8, 8, 8, 8, 0, strides=2)),
    (Module(8, 8, 8, 8, 8, 8, average=True),),
)
GOOGLENET = {"classes": 3, "size": 65, "width": 0.25, "stages": MODULES}
RESNET = {"classes": 3, "width": 4, "blocks": (1, 1)}
SMALL = {
    "lenet_5": {"classes": 3, "units": (6, 12)},
    "lenet_5_modern": {"classes": 3, "maps": (2, 4), "units": (6, 5)},
    "alexnet": {"classes": 3, "size": 67, "filters": (4, 8, 4, 4, 4), "units": 6},
    "vgg_11": {
        "classes": 3,
        "size": 8,
        "blocks": (1, 2),
        "filters": (4, 6),
        "units": 6,
    },
    "googlenet": {**GOOGLENET, "auxiliary": ("4a",)},
    "inception_v2": {**GOOGLENET, "size": 32},
    "bn_inception": {**GOOGLENET, "size": 32},
    "inception_v4": {"classes": 3, "size": 75, "width": 0.0625, "blocks": (1, 1, 1)},
    "resnet_18": {**RESNET, "size": 16},
    "resnet_20": {**RESNET, "size": 8},
    "resnet_20_v2": {**RESNET, "size": 8},
    "resnet_200_v2": {**RESNET, "size": 16},
    "resnext_50_32x4d": {**RESNET, "size": 16, "groups": 2, "group_width": 2},
    "densenet_40_12": {"classes": 3, "size": 8, "blocks": (2, 1), "growth": 4},
    "densenet_161": {"classes": 3, "size": 16, "blocks": (1, 1), "growth": 4},
    "small_inception": {
        "classes": 3,
        "size": 8,
        "stem": 16,
        "stages": (((16, 16),), ((16, 16),)),
        "halvings": (16,),
        "width": 0.25,
    },
    "delight_classifier": {
        "classes": 3,
        "size": 8,
        "units": 32,
        "shallowest": 2,
        "deepest": 3,
        "blocks": 2,
    },
}
"""Name: changes to the registered configuration."""
