"""Lists of supported images as no service should send them, and a service that sends them all the same."""

from batch_widgets.demo.images import Catalogue

MARKUP = "<img src=x onerror=\"document.title='owned'\">&amp;|`'\n\u202e\x1b[2J=1+1"
DATES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T00:00:00Z", None)
CAPABILITIES = (None, [], [MARKUP, "DockerCompatible"], ["Something new"])

MALFORMED = (
    None,
    "text",
    5,
    [],
    {},
    {"imageReference": None, "nodeAgentSKUId": "batch.node.x", "osType": "linux", "verificationType": "verified"},
    {
        "imageReference": {"publisher": 5, "offer": "o", "sku": "s"},
        "nodeAgentSKUId": "batch.node.x",
        "osType": "linux",
        "verificationType": "verified",
        "batchSupportEndOfLife": "soon",
        "capabilities": "DockerCompatible",
    },
)
"""Each of them can't be read in full."""


def hostile_images(count):
    """Make rows that can be read: markup in each text, unknown values, absent properties, far dates, duplicates."""
    return [_hostile_image(number // 2) for number in range(count)]


def _hostile_image(number):
    image = {
        "imageReference": {"publisher": f"p{MARKUP}", "offer": f"o{MARKUP}", "sku": f"{number}{MARKUP}"},
        "nodeAgentSKUId": f"a{number % 7}{MARKUP}",
        "osType": ("linux", "windows", "solaris", MARKUP)[number % 4],
        "verificationType": ("verified", "unverified", "perhaps", MARKUP)[number // 4 % 4],
    }
    if number % 3:
        image["imageReference"]["version"] = f"v{MARKUP}"
    if (end := DATES[number % 5 % 4]) is not None:
        image["batchSupportEndOfLife"] = end
    if (capabilities := CAPABILITIES[number // 2 % 4]) is not None:
        image["capabilities"] = capabilities
    return image


def let_it_send(service, images):
    """Let a simulated service answer with these images from now on."""
    service._state.images = Catalogue(tuple(images), ())
