"""English words for the codes of the gazetteer, as the template teacher says them."""

__all__ = ["CONTINENTS", "CURRENCIES", "LANGUAGES", "climate_word", "with_article"]

CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "si": "Sinhala",
    "sw": "Swahili",
    "th": "Thai",
    "tr": "Turkish",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "wo": "Wolof",
}
CURRENCIES = {
    "ARS": "Argentine pesos",
    "AUD": "Australian dollars",
    "BRL": "Brazilian reais",
    "CAD": "Canadian dollars",
    "CLP": "Chilean pesos",
    "EUR": "euros",
    "GBP": "pounds sterling",
    "GHS": "Ghanaian cedi",
    "IDR": "Indonesian rupiah",
    "INR": "Indian rupees",
    "IRR": "Iranian rials",
    "JOD": "Jordanian dinars",
    "JPY": "Japanese yen",
    "KES": "Kenyan shillings",
    "KRW": "South Korean won",
    "LKR": "Sri Lankan rupees",
    "MAD": "Moroccan dirhams",
    "MXN": "Mexican pesos",
    "NOK": "Norwegian kroner",
    "NZD": "New Zealand dollars",
    "PKR": "Pakistani rupees",
    "PLN": "Polish zloty",
    "RUB": "Russian roubles",
    "THB": "Thai baht",
    "TRY": "Turkish lira",
    "USD": "US dollars",
    "VND": "Vietnamese dong",
    "ZAR": "South African rand",
}
_CLIMATES = (
    ("A", "tropical"),
    ("BW", "desert"),
    ("BS", "semi-arid"),
    ("Cs", "Mediterranean"),
    ("Cfa", "humid subtropical"),
    ("Cwa", "humid subtropical"),
    ("C", "temperate"),
    ("Dfc", "boreal"),
    ("Dfd", "boreal"),
    ("D", "continental"),
    ("E", "polar"),
)
_WITH_ARTICLE = ("United ", "Netherlands", "Philippines", "Czech Republic", "Dominican Republic")


def climate_word(koppen: str) -> str:
    """Return what a Köppen class is called; empty for none."""
    return next((word for start, word in _CLIMATES if koppen.startswith(start)), "")


def with_article(country: str) -> str:
    """Return a country's name as it stands in a sentence."""
    return f"the {country}" if country.startswith(_WITH_ARTICLE) else country
