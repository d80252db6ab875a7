"""Two translators without pairs: there and back again is where one started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import ops

from suite.losses.adversarial import LeastSquaresLoss, NonSaturatingLoss


class CycleLoss:
    """Adversarial, cycle and identity terms of generators G: X to Y and F: Y to X.

    Both generators share one loss, so the gradient of each cycle term reaches both:
    G learns from F(G(x)) and from G(F(y)) (a public re-implementation differentiates
    each with respect to one of them and drops half).

    Args:
        adversarial: Loss of the game; least squares as published.
        cycle: Float >= 0, weight of the mean |F(G(x)) - x| + |G(F(y)) - y|; lambda.
        identity: Float >= 0, weight of the mean |G(y) - y| + |F(x) - x| as a share of
            `cycle`. The paper has it for painting to photo only, its code always; 0
            switches it off.
        order: Networks in the order of their updates within a step. None: for least
            squares the generators first, as CycleGAN's code does, else as
            `adversarial` states.

    Attributes:
        order: See above; of "generator" and "discriminator".
        critic_steps: Updates of the discriminators for each of the generators.

    Raises:
        ValueError: If a weight is negative or `order` does not name both.

    References:
        - Zhu et al. 2017, arXiv:1703.10593, equations 1 to 3, sections 4 and 5.2
    """

    def __init__(
        self,
        adversarial: NonSaturatingLoss | None = None,
        cycle: float = 10.0,
        identity: float = 0.5,
        order: tuple[str, str] | None = None,
    ) -> None:
        adversarial = adversarial or LeastSquaresLoss()
        if order is None:
            first_generators = isinstance(adversarial, LeastSquaresLoss)
            order = adversarial.order[::-1] if first_generators else adversarial.order
        if cycle < 0 or identity < 0 or set(order) != {"generator", "discriminator"}:
            raise ValueError(
                "`cycle` and `identity` must not be negative and `order` names "
                f"generator and discriminator. Received: cycle={cycle}, "
                f"identity={identity}, order={order}"
            )
        self.adversarial = adversarial
        self.cycle = cycle
        self.identity = identity
        self.order = order
        self.critic_steps = adversarial.critic_steps

    def generators(self, pictures: Mapping[str, Any]) -> dict[str, Any]:
        """The loss of both generators.

        Args:
            pictures: Dict of float tensors: "x", "y", real pictures; "x_again",
                F(G(x)), and "y_again", G(F(y)); "x_same", F(x), and "y_same", G(y),
                not needed without identity term; "fake_x_logits", D_X(F(y)), and
                "fake_y_logits", D_Y(G(x)), of the newest pictures, not of the pool.

        Returns:
            Dict of float32 scalars: "loss", "adversarial", "cycle", "identity", the
            terms before they are weighted.
        """
        game = sum(
            self.adversarial.generator(pictures[f"fake_{side}_logits"])["loss"]
            for side in "xy"
        )
        cycle = sum(_distance(pictures[f"{s}_again"], pictures[s]) for s in "xy")
        loss = game + self.cycle * cycle
        parts = {"adversarial": game, "cycle": cycle}
        if self.identity:
            same = sum(_distance(pictures[f"{s}_same"], pictures[s]) for s in "xy")
            loss = loss + self.cycle * self.identity * same
            parts["identity"] = same
        return {"loss": loss, **parts}

    def discriminators(self, logits: Mapping[str, Any]) -> dict[str, Any]:
        """The loss of both discriminators, each of which has its own term.

        With a `WassersteinLoss` it is without gradient penalty, which needs pictures
        and not logits: the training step adds `adversarial.penalty` of each critic to
        "loss", or cuts its weights by `adversarial.clip` after the update.

        Args:
            logits: Dict of float tensors: "x" and "y" of real pictures, "fake_x" and
                "fake_y" of generated ones from the pool.

        Returns:
            Dict of float32 scalars: "loss", "x", "y", and "estimate", the mean of
            both distances, where the adversarial loss has one.
        """
        both = {
            side: self.adversarial.discriminator(logits[side], logits[f"fake_{side}"])
            for side in "xy"
        }
        result = {side: parts["loss"] for side, parts in both.items()}
        result["loss"] = result["x"] + result["y"]
        if "estimate" in both["x"]:
            result["estimate"] = 0.5 * (both["x"]["estimate"] + both["y"]["estimate"])
        return result


def _distance(one: Any, two: Any) -> Any:
    difference = ops.cast(one, "float32") - ops.cast(two, "float32")
    return ops.mean(ops.abs(difference))
