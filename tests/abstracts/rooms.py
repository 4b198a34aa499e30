"""Small invented catalogues, one for each way of numbering, and posts to read against them."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from pipelines.abstracts import Linker
from pipelines.abstracts.bench import congress_of
from pipelines.model import Abstract, AbstractMention, Author, Post

NOON = datetime(2026, 6, 1, 12)

_ROWS: dict[str, list[tuple[str, str, dict[str, object]]]] = {
    "asco-2026": [
        ("5500", "Niraparib after surgery in stage III ovarian cancer", {"drugs": ("niraparib",)}),
        ("5501", "Letrozole maintenance in low-grade serous ovarian cancer: LETTER-2", {"trial": ("LETTER-2",)}),
        ("5502", "Ultrasound-guided hysterectomy training in Zambia", {}),
        ("5503", "Yoga for sleep in women with endometrial cancer: randomised trial", {}),
        ("LBA5502", "Relacorilant in platinum-resistant ovarian cancer: overall survival of ORCHID-3", {"trial": ("ORCHID-3",)}),
        ("2048", "Vorasidenib in grade 2 glioma: seizure diaries", {"drugs": ("vorasidenib",)}),
        ("9012", "Pembrolizumab before resection of stage III melanoma: KEYNOTE-522M", {
            "trial": ("KEYNOTE-522M",), "nct": ("NCT09000001",), "drugs": ("pembrolizumab",),
            "doi": "10.1200/jco.2026.44.16_suppl.9012"}),
        ("522", "Pembrolizumab with chemotherapy in early triple-negative breast cancer: KEYNOTE-522 at nine years", {
            "trial": ("KEYNOTE-522",), "nct": ("NCT09000002",), "drugs": ("pembrolizumab",)}),
        ("523", "Pembrolizumab toxicity by body mass index in KEYNOTE-522", {
            "trial": ("KEYNOTE-522",), "nct": ("NCT09000002",), "drugs": ("pembrolizumab",)}),
        ("TPS8123", "Trial in progress: zipalertinib in EGFR exon 20 lung cancer, REZILIENT9", {"trial": ("REZILIENT9",)}),
        ("e12345", "Bicycle couriers for oral chemotherapy in Utrecht: adherence and cost", {}),
        ("1040", "Reviving hearts after anthracyclines: statin rescue in REVIVED", {
            "trial": ("REVIVED",), "drugs": ("atorvastatin",)}),
    ],
    "sabcs-2026": [
        ("GS1-01", "Camizestrant and palbociclib first line: SERENA-4", {"trial": ("SERENA-4",)}),
        ("GS1-02", "Vaginal dryness laser: sham-controlled trial", {}),
        ("GS1-04", "Axillary radiotherapy or surgery: twenty-year AMAROS", {"trial": ("AMAROS",)}),
        ("GS3-12", "Aspirin in node-positive disease", {}),
        ("PS3-05-14", "Mobile mammography vans in Bolivia", {}),
        ("PS3-05-15", "Tattooed nipples and satisfaction", {}),
    ],
    "esmo-2026": [
        ("1253O", "Sacituzumab tirumotecan in EGFR-mutated lung cancer", {}),
        ("45MO", "Zenocutuzumab in NRG1-fusion pancreatic cancer", {}),
        ("3P", "Coffee breaks and chemotherapy preparation errors", {}),
        ("LBA10", "Fruquintinib in gastric cancer: FRUTIGA-2", {"trial": ("FRUTIGA-2",)}),
        ("LBA93", "Cemiplimab in Merkel cell carcinoma before surgery", {}),
        ("567TiP", "Trial in progress: selpercatinib in RET-fusion colorectal cancer", {}),
        ("846PD", "Olanzapine microdosing for appetite in cachexia", {}),
    ],
    "eha-2026": [
        ("S205", "Fixed-duration pirtobrutinib in mantle cell lymphoma", {}),
        ("S206", "Ropeginterferon in early myelofibrosis: EARLY-PROS", {"trial": ("EARLY-PROS",)}),
        ("PF326", "Hepcidin rhythm in shift workers", {}),
        ("PB1983", "Fish oil and platelet counts in Iceland", {}),
        ("LB2601", "Gene-edited platelets for Glanzmann disease", {}),
    ],
    "ada-2026": [
        ("729-P", "Continuous glucose sensors for truck drivers", {"doi": "10.2337/db26-729-P"}),
        ("100-OR", "Insulin icodec in fasting Ramadan observers", {}),
        ("101-OR", "Retatrutide and bile acid profiles", {}),
        ("1-LB", "Smart pens in schools", {}),
    ],
    "ash-2026": [
        ("4", "Sutimlimab withdrawal in cold agglutinin disease", {}),
        ("642", "Daratumumab in childhood lupus nephritis with cytopenia", {"presenter": "Ruth Okonkwo-Lindgren",
            "presenter_handle": "ruth_ol", "starts_at": datetime(2026, 12, 13, 16)}),
        ("LBA-4", "Gene therapy for Fanconi anaemia in toddlers", {}),
        ("1257", "Chess playing and chemo brain after transplantation", {}),
    ],
    "aacr-2026": [
        ("0232", "Claudin-6 degraders in testicular cancer xenografts", {}),
        ("3872", "Senolytic CAR T cells clear irradiated fibroblasts", {}),
        ("CT204", "First-in-human WRN inhibitor in microsatellite-unstable tumours", {}),
        ("LB253", "Whale p53 extra copies and dormancy", {}),
    ],
    "demo-2026": [("A-207", "Sea salt and warts", {}), ("B-148", "Left-handed surgeons", {}), ("A-326", "Humming", {})],
}  # fmt: skip


@cache
def linker(slug: str) -> Linker:
    """The linker of an invented catalogue; an unknown slug gives one without a catalogue."""
    rows = _ROWS.get(slug, [])
    return Linker(congress_of(slug), [Abstract(slug, number, title, **more) for number, title, more in rows])  # ty: ignore


def post(
    text: str, slug: str = "asco-2026", *, tagged: bool = True, links: tuple[str, ...] = (), at: datetime = NOON
) -> Post:
    """A post; ``tagged`` adds the congress's tag to its hashtags, as the source would."""
    tags = congress_of(slug).hashtags[:1] if tagged else ()
    return Post("x", "1", "1", "a1", text, at, at, hashtags=tags, links=links)


def read(text: str, slug: str = "asco-2026", **more) -> tuple[AbstractMention, ...]:
    return linker(slug).mentions(post(text, slug, **more))


def numbers(text: str, slug: str = "asco-2026", **more) -> set[str]:
    """The numbers a post is linked to."""
    return {mention.number for mention in read(text, slug, **more)}


def author(handle: str) -> Author:
    return Author("x", "a1", NOON, handle=handle)
