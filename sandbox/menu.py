"""The products of the Corner Café, at the counter and online."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """A product; its price is in cents, tax included."""

    number: int
    title: str
    sku: str
    price: int


class Line(NamedTuple):
    """A line of an order: a product and its quantity."""

    product: Product
    quantity: int

    @property
    def total(self) -> int:
        return self.product.price * self.quantity


def total(lines: tuple[Line, ...]) -> int:
    return sum(line.total for line in lines)


COUNTER = (
    Product(8_101, "Espresso", "BAR-ESP", 120),
    Product(8_102, "Galão", "BAR-GAL", 190),
    Product(8_103, "Flat white", "BAR-FLW", 280),
    Product(8_104, "Pastel de nata", "BAR-NAT", 140),
    Product(8_105, "Torrada", "BAR-TOR", 260),
    Product(8_106, "Croissant", "BAR-CRO", 210),
    Product(8_107, "Queijada de Sintra", "BAR-QUE", 180),
    Product(8_108, "Sumo de laranja", "BAR-SUM", 320),
)

ONLINE = (
    Product(8_201, "House blend beans, 250 g", "BEAN-HOUSE-250", 950),
    Product(8_202, "House blend beans, 1 kg", "BEAN-HOUSE-1000", 3_200),
    Product(8_203, "Ethiopia Guji beans, 250 g", "BEAN-GUJI-250", 1_350),
    Product(8_204, "Descafeinado, 250 g", "BEAN-DECAF-250", 1_050),
    Product(8_205, "Almond and fig granola", "GRAN-FIG", 780),
    Product(8_206, "Box of six pastéis de nata", "BOX-NAT-6", 840),
    Product(8_207, "Box of twelve pastéis de nata", "BOX-NAT-12", 1_590),
    Product(8_208, "Breakfast gift set", "GIFT-BREAKFAST", 4_250),
    Product(8_209, "Filter coffee starter set", "GIFT-FILTER", 5_490),
)
