"""Body sites: SNOMED CT codes from DICOM CID 4029, with names people use and the intimate ones."""

from dataclasses import dataclass

from derm_service.referrals.codes import Laterality

HEAD, TRUNK, LIMBS = "Head and neck", "Trunk and pelvis", "Arms and legs"
LATERALITY_CODES: dict[Laterality, str] = {
    Laterality.LEFT: "7771000",
    Laterality.RIGHT: "24028007",
    Laterality.BILATERAL: "51440002",
    Laterality.MIDLINE: "130290",  # DCM "Median": SNOMED CT 261129000 has two meanings in use
}


@dataclass(frozen=True)
class BodySite:
    """One place on the body; paired ones need a side."""

    code: str
    name: str
    region: str
    is_paired: bool
    is_intimate: bool = False
    pattern: str = ""  # the name with "~" where the side is said


# Codes that begin with LOCAL- are our own: SNOMED CT has no "skin of" concept for those places.
# One line a site: code, name, then "2" where there is a left and a right, "!" where it is intimate.
# "~" stands where the side is said; without it the side comes first.
_HEAD = """
43067004 scalp
61719002 top of the scalp
79951008 back of the head
68698007 forehead
16621002 temple 2
367577003 eyebrow 2
41310005 upper eyelid 2
40069000 lower eyelid 2
27887005 inner corner of the ~ eye 2
37671003 outer corner of the ~ eye 2
113179006 nose
79283007 tip of the nose
68598004 wing of the nose 2
36141000 cheek 2
37108007 fold from nose to mouth 2
16251004 upper lip
66934001 lower lip
23747009 chin
244097004 jawline 2
1902009 ear 2
79313003 rim of the ~ ear 2
2059009 ear lobe 2
86719006 skin in front of the ~ ear 2
24483006 skin behind the ~ ear 2
73897004 face
11584001 front of the neck
5272005 side of the neck 2
4658004 nape of the neck
113277000 inside of the mouth
"""
_TRUNK = """
74160004 chest
244106003 front of the chest
244107007 skin over the breastbone
699915001 lower chest wall
LOCAL-BREAST breast 2 !
54468004 nipple 2 !
72005009 areola 2 !
66288003 skin below the ~ collarbone 2
76072005 skin above the ~ collarbone 2
75093004 abdomen
699935000 upper abdomen
699914002 lower abdomen
315003 navel
181491009 front of the trunk
54440003 upper trunk
66643007 back
699893008 upper back
244111001 back of the chest
113182001 lower back
22180002 buttock 2 !
63029009 fold between the buttocks !
39687006 inguinal region 2 !
280387007 groin crease 2 !
60944009 external genitalia !
35900000 penis !
81992007 scrotum !
73058008 labium 2 !
48014002 perineum !
59112000 anus !
"""
_LIMBS = """
LOCAL-SHOULDER shoulder 2
371311000 arm 2
76261009 armpit 2
45981001 front of the ~ upper arm 2
72939005 back of the ~ upper arm 2
17957002 crook of the ~ elbow 2
181536004 back of the ~ elbow 2
70559009 front of the ~ forearm 2
41550009 back of the ~ forearm 2
52876008 back of the ~ wrist 2
24527008 palm side of the ~ wrist 2
281642007 back of the ~ hand 2
70887009 palm 2
244169007 finger or thumb 2
770809003 fingernail unit 2
371304004 leg 2
61248009 front of the ~ thigh 2
4578000 back of the ~ thigh 2
73958006 inner thigh 2 !
181553006 front of the ~ knee 2
84507004 back of the ~ knee 2
25763004 shin 2
47224004 calf 2
181564009 outer ankle 2
181563003 inner ankle 2
60496002 foot 2
84607009 heel 2
52034004 toe 2
770805009 toenail unit 2
35739000 outer border of the ~ sole 2
52953006 inner border of the ~ sole 2
"""


def _read(table: str, region: str) -> list[BodySite]:
    sites = []
    for line in table.strip().splitlines():
        code, *words = line.split()
        flags = {word for word in words if word in "2!"}
        said = [word for word in words if word not in flags]
        name = " ".join(word for word in said if word != "~")
        pattern = " ".join(said if "~" in said else ["~", *said])
        sites.append(BodySite(code, name, region, "2" in flags, "!" in flags, pattern))
    return sites


SITES: tuple[BodySite, ...] = (
    *_read(_HEAD, HEAD),
    *_read(_TRUNK, TRUNK),
    *_read(_LIMBS, LIMBS),
)
BY_CODE: dict[str, BodySite] = {site.code: site for site in SITES}
BY_NAME: dict[str, BodySite] = {site.name: site for site in SITES}


def site(code: str) -> BodySite | None:
    """The site of a code, or None where we do not know it."""
    return BY_CODE.get(code)


def label(code: str, laterality: Laterality) -> str:
    """The words for a place: "left cheek", "back of the right hand", "palm, both sides"."""
    known = BY_CODE.get(code)
    return _sided(known.pattern if known else f"~ site {code}", laterality)


def of_yours(code: str, laterality: Laterality) -> str:
    """The same to the person: "your left cheek", "the back of your right hand"."""
    known = BY_CODE.get(code)
    pattern = known.pattern if known else f"~ site {code}"
    if " the " in pattern:
        head, _, tail = pattern.partition(" the ")
        return _sided(f"the {head} your {tail}", laterality)
    return _sided(f"your {pattern}", laterality)


def _sided(pattern: str, laterality: Laterality) -> str:
    """A pattern with its side in place; a middle and both sides are said after it."""
    is_one = laterality in (Laterality.LEFT, Laterality.RIGHT)
    words = " ".join(pattern.replace("~", laterality.value if is_one else "").split())
    if laterality is Laterality.MIDLINE:
        return f"{words}, midline"
    if laterality is Laterality.BILATERAL:
        return f"{words}, both sides"
    return words


def why_side_is_wrong(code: str, laterality: Laterality) -> str | None:
    """A sentence where the side is missing for a place we have two of."""
    known = BY_CODE.get(code)
    if known and known.is_paired and laterality in (Laterality.NOT_APPLICABLE, Laterality.MIDLINE):
        return f"Choose left, right or both sides for the {known.name}"
    return None


def regions() -> dict[str, list[BodySite]]:
    """The sites by part of the body, in the order a body map has them."""
    return {region: [s for s in SITES if s.region == region] for region in (HEAD, TRUNK, LIMBS)}
