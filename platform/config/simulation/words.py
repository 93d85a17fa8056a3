"""The vocabulary of the made-up shop: departments with their nouns and typical prices."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Department:
    """A category: what its things are called, what sets them apart, a typical price in cents."""

    name: str
    nouns: tuple[str, ...]
    traits: tuple[str, ...]
    typical_price: int


DEPARTMENTS = (
    Department(
        "Coffee & Tea",
        ("Pour-Over Set", "Teapot", "Hand Grinder", "Espresso Cups", "French Press", "Tea Tin"),
        ("Stoneware", "Matte Black", "Copper", "Double-Walled", "Cast-Iron", "Speckled"),
        3400,
    ),
    Department(
        "Cookware",
        ("Saucepan", "Frying Pan", "Casserole", "Wok", "Roasting Dish", "Stock Pot"),
        ("Enamelled", "Carbon Steel", "Non-Stick", "Deep", "Shallow", "Copper-Core"),
        5200,
    ),
    Department(
        "Kitchen Tools",
        ("Chef's Knife", "Cutting Board", "Mixing Bowls", "Scale", "Mandoline", "Spice Mill"),
        ("Olive Wood", "Forged", "Nesting", "Folding", "Magnetic", "Walnut"),
        2900,
    ),
    Department(
        "Tableware",
        ("Dinner Plates", "Soup Bowls", "Water Glasses", "Serving Platter", "Carafe", "Mugs"),
        ("Hand-Glazed", "Ribbed", "Porcelain", "Terracotta", "Smoked", "Ivory"),
        3100,
    ),
    Department(
        "Bedding",
        ("Duvet Cover", "Pillowcase Pair", "Fitted Sheet", "Bedspread", "Wool Blanket", "Topper"),
        ("Linen", "Percale", "Washed Cotton", "Waffle", "Flannel", "Sateen"),
        6100,
    ),
    Department(
        "Bath",
        ("Towel Set", "Bath Mat", "Soap Dish", "Robe", "Laundry Basket", "Shower Caddy"),
        ("Turkish Cotton", "Bamboo", "Organic", "Quick-Dry", "Striped", "Teak"),
        3000,
    ),
    Department(
        "Lighting",
        ("Table Lamp", "Pendant", "Floor Lamp", "Wall Light", "Lantern", "Reading Lamp"),
        ("Brass", "Opal Glass", "Rattan", "Dimmable", "Paper", "Arched"),
        7200,
    ),
    Department(
        "Furniture",
        ("Side Table", "Bookshelf", "Stool", "Bench", "Armchair", "Coat Stand"),
        ("Oak", "Ash", "Powder-Coated", "Folding", "Low", "Spindle-Back"),
        9800,
    ),
    Department(
        "Rugs & Textiles",
        ("Runner", "Wool Rug", "Cushion", "Throw", "Curtain Pair", "Pouffe"),
        ("Handwoven", "Checked", "Tufted", "Jute", "Fringed", "Reversible"),
        5600,
    ),
    Department(
        "Garden",
        ("Watering Can", "Hand Trowel", "Planter", "Seed Set", "Pruners", "Bird Feeder"),
        ("Galvanised", "Cedar", "Self-Watering", "Long-Reach", "Glazed", "Heirloom"),
        2700,
    ),
    Department(
        "Camping",
        ("Tent", "Sleeping Mat", "Camp Stove", "Head Torch", "Cool Box", "Hammock"),
        ("Ultralight", "Two-Person", "Four-Season", "Compact", "Insulated", "Rip-Stop"),
        8300,
    ),
    Department(
        "Cycling",
        ("Pannier", "Helmet", "Bike Lights", "Floor Pump", "Saddle", "Multi-Tool"),
        ("Waterproof", "Reflective", "USB", "Leather", "Commuter", "Aero"),
        4900,
    ),
    Department(
        "Running",
        ("Trail Shoes", "Running Vest", "Shorts", "Socks Trio", "Windbreaker", "Hydration Belt"),
        ("Lightweight", "Cushioned", "Seamless", "Merino", "High-Visibility", "Grippy"),
        5800,
    ),
    Department(
        "Yoga & Wellness",
        ("Yoga Mat", "Foam Roller", "Meditation Cushion", "Kettlebell", "Massage Ball", "Strap"),
        ("Cork", "Extra-Long", "Natural Rubber", "Buckwheat", "Travel", "Grooved"),
        3600,
    ),
    Department(
        "Stationery",
        ("Notebook", "Fountain Pen", "Desk Planner", "Pencil Set", "Letter Tray", "Washi Tape"),
        ("Dotted", "Clothbound", "Refillable", "Recycled", "Ruled", "Gilt-Edged"),
        2200,
    ),
    Department(
        "Games & Puzzles",
        ("Strategy Game", "Jigsaw", "Card Game", "Chess Set", "Dice Game", "Word Game"),
        ("Two-Player", "Cooperative", "Family", "Pocket", "Wooden", "Award-Winning"),
        3200,
    ),
    Department(
        "Kids",
        ("Building Blocks", "Balance Bike", "Plush Bear", "Play Kitchen", "Kite", "Night Light"),
        ("Beechwood", "Rainbow", "Washable", "Montessori", "Soft", "Starry"),
        3900,
    ),
    Department(
        "Pets",
        ("Dog Bed", "Cat Tree", "Lead", "Feeding Bowl", "Chew Toy", "Carrier"),
        ("Orthopaedic", "Braided", "Raised", "Washable", "Rope", "Foldable"),
        3500,
    ),
    Department(
        "Audio",
        ("Headphones", "Bluetooth Speaker", "Turntable", "Earbuds", "Radio", "Soundbar"),
        ("Wireless", "Noise-Cancelling", "Portable", "Retro", "Studio", "Waterproof"),
        8900,
    ),
    Department(
        "Travel",
        ("Weekender", "Packing Cubes", "Backpack", "Toiletry Bag", "Cabin Case", "Neck Pillow"),
        ("Waxed Canvas", "Hard-Shell", "Roll-Top", "Expandable", "Recycled", "Slim"),
        6700,
    ),
)

BRANDS = (
    "Aldermoor", "Birkwell", "Calder & Finch", "Dunnock", "Elmstead", "Fjordby", "Greyling",
    "Hartsworth", "Ivelle", "Juniper Row", "Kestrel", "Larkfield", "Marlowe", "Northam",
    "Ostrava", "Penrose", "Quillon", "Rowanberry", "Saltmarsh", "Tamsin", "Umbra Hill",
    "Verdane", "Wrenfold", "Yarrow",
)  # fmt: skip

COLOURS = (
    "Sage", "Charcoal", "Ochre", "Indigo", "Clay", "Ivory", "Moss", "Plum", "Sand", "Slate",
)  # fmt: skip

PRAISES = (
    "made to last for years of daily use",
    "quietly good looking and easy to look after",
    "designed with people who use one every day",
    "made in small batches by a family workshop",
    "light enough to take anywhere",
    "a generous gift that gets used",
)
