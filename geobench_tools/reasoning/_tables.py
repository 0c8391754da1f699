"""Names of languages, scripts, currencies and peoples, as codes."""

from functools import cache

__all__ = ["currencies", "demonyms", "languages", "script_of_language", "scripts"]

_LANGUAGES = """
afrikaans af; albanian sq; amharic am; arabic ar; armenian hy; azerbaijani az; azeri az
bahasa id,ms
bahasa indonesia id; bahasa melayu ms; bangla bn; basque eu; belarusian be; bengali bn; bosnian bs
breton br; bulgarian bg; burmese my; cantonese yue,zh; catalan ca; cebuano ceb; chinese zh,cmn,yue
corsican co; croatian hr,sh; czech cs; danish da; dari fa; dutch nl; dzongkha dz; english en
estonian et; faroese fo; farsi fa; filipino fil,tl; finnish fi; flemish nl; french fr; frisian fy
gaelic gd,ga; galician gl; georgian ka; german de; greek el; greenlandic kl; guarani gn; gujarati gu
haitian ht; hausa ha; hawaiian haw; hebrew he; hindi hi; hungarian hu; icelandic is; igbo ig
indonesian id; irish ga; isixhosa xh; isizulu zu; italian it; japanese ja; javanese jv; kannada kn
kazakh kk; khmer km; kinyarwanda rw; korean ko; kurdish ku; kyrgyz ky; lao lo; latvian lv
lithuanian lt; luxembourgish lb; macedonian mk; malagasy mg; malay ms; malayalam ml; maltese mt
mandarin zh,cmn; maori mi; marathi mr; mongolian mn; montenegrin sr,sh; nepali ne
norwegian no,nb,nn
oriya or; odia or; papiamento pap; pashto ps; persian fa; polish pl; portuguese pt; punjabi pa
quechua qu; romanian ro; romansh rm; russian ru; samoan sm; sardinian sc; serbian sr,sh
serbo-croatian sr,hr,bs,sh; sesotho st; shona sn; sindhi sd; sinhala si; sinhalese si; slovak sk
slovene sl; slovenian sl; somali so; spanish es; castilian es; swahili sw; kiswahili sw; swedish sv
tagalog tl,fil; tajik tg; tamil ta; telugu te; thai th; tibetan bo; tongan to; tswana tn; turkish tr
turkmen tk; ukrainian uk; urdu ur; uyghur ug; uzbek uz; valencian ca; vietnamese vi; welsh cy
xhosa xh
yiddish yi; yoruba yo; zulu zu
"""
_SCRIPTS = """
latin Latn; roman Latn; cyrillic Cyrl; arabic Arab; perso-arabic Arab; hangul Kore; korean Kore
kanji Jpan; hiragana Jpan; katakana Jpan; kana Jpan; japanese Jpan; chinese Hans,Hant,Jpan
hanzi Hans,Hant; simplified chinese Hans; traditional chinese Hant; devanagari Deva; thai Thai
hebrew Hebr; greek Grek; georgian Geor; armenian Armn; ge'ez Ethi; geez Ethi; ethiopic Ethi
amharic Ethi; khmer Khmr; lao Laoo; burmese Mymr; sinhala Sinh; sinhalese Sinh; tamil Taml
bengali Beng; bangla Beng; gujarati Gujr; gurmukhi Guru; kannada Knda; telugu Telu; malayalam Mlym
odia Orya; tibetan Tibt; mongolian Mong,Cyrl; thaana Thaa; hindi Deva; urdu Arab; persian Arab
russian Cyrl; tifinagh Tfng; vietnamese Latn
"""
_SCRIPT_OF = """
am Ethi; ar Arab; as Beng; be Cyrl; bg Cyrl; bn Beng; bo Tibt; dv Thaa; dz Tibt; el Grek; fa Arab
gu Gujr; he Hebr; hi Deva; hy Armn; ja Jpan; ka Geor; kk Cyrl; km Khmr; kn Knda; ko Kore; ks Arab
ky Cyrl; lo Laoo; mk Cyrl; ml Mlym; mn Cyrl; mr Deva; my Mymr; ne Deva; or Orya; pa Guru; ps Arab
ru Cyrl; sa Deva; sd Arab; si Sinh; sr Cyrl; ta Taml; te Telu; tg Cyrl; th Thai; ti Ethi; tt Cyrl
ug Arab; uk Cyrl; ur Arab; yue Hant; zh Hans; tzm Tfng; ber Tfng
"""
_DOLLARS = "USD CAD AUD NZD SGD HKD TWD JMD BBD BSD BZD FJD GYD KYD LRD NAD SBD SRD TTD XCD BND BMD"
_CURRENCIES = f"""
euro EUR; euros EUR; € EUR; pound GBP CYP EGP LBP SYP SDG GIP FKP SHP SSP; sterling GBP
£ GBP EGP GIP FKP SHP; dollar {_DOLLARS}; yen JPY; ¥ JPY CNY; yuan CNY; renminbi CNY; rmb CNY
won KRW KPW; ₩ KRW; rupee INR PKR LKR NPR MUR SCR; ₹ INR; rupiah IDR; ringgit MYR; baht THB; ฿ THB
dong VND; đồng VND; ₫ VND; peso MXN ARS CLP COP UYU PHP DOP CUP; ₱ PHP; real BRL; reais BRL
reals BRL; r$ BRL; sol PEN; soles PEN; boliviano BOB; guarani PYG; guaraní PYG; guaranies PYG
bolivar VES; bolívar VES; quetzal GTQ; quetzales GTQ; lempira HNL; cordoba NIO; córdoba NIO
colon CRC; colón CRC; colones CRC; balboa PAB; krona SEK ISK; kronor SEK; kronur ISK; króna ISK
krone NOK DKK; kroner NOK DKK; koruna CZK SKK; korunas CZK SKK; kč CZK; crown CZK SEK NOK DKK ISK
zloty PLN; złoty PLN; zł PLN; zlotys PLN; zloties PLN; forint HUF; leu RON MDL; lei RON MDL; lev BGN
leva BGN; kuna HRK; rouble RUB BYN; ruble RUB BYN; ₽ RUB; hryvnia UAH; hryvnias UAH; ₴ UAH
lira TRY ITL MTL; ₺ TRY; franc CHF XOF XAF XPF RWF BIF DJF GNF KMF CDF; cfa XOF XAF
dirham AED MAD; dinar JOD KWD BHD TND DZD IQD LYD RSD; rial QAR OMR IRR YER SAR
riyal SAR QAR OMR YER; shekel ILS; ₪ ILS; rand ZAR; shilling KES UGX TZS SOS; naira NGN; ₦ NGN
cedi GHS; birr ETB; kwacha ZMW MWK
peseta ESP; drachma GRD; escudo PTE CVE; guilder NLG AWG ANG; schilling ATS
markka FIM; tolar SIT; kroon EEK; lats LVL; litas LTL; pula BWP; metical MZN; ariary MGA
taka BDT; kyat MMK; kip LAK; riel KHR; tugrik MNT; tenge KZT
som KGS UZS; lari GEL; dram AMD; manat AZN TMT; afghani AFN; denar MKD; lek ALL; kwanza AOA
dalasi GMD; leone SLE; lilangeni SZL; loti LSL; pataca MOP; ngultrum BTN; rufiyaa MVR; gourde HTG
"""
_PEOPLES = """
afghan AF; albanian AL; algerian DZ; american US; us US; u.s. US; angolan AO; argentine AR
argentinian AR; armenian AM; australian AU; austrian AT; azerbaijani AZ; bahraini BH; bangladeshi BD
barbadian BB; belarusian BY; belgian BE; bolivian BO; bosnian BA; botswanan BW; brazilian BR
british GB; bulgarian BG; burmese MM; cambodian KH; cameroonian CM; canadian CA; chilean CL
chinese CN; colombian CO; congolese CD,CG; croatian HR; cuban CU; cypriot CY; czech CZ; danish DK
dominican DO; dutch NL; ecuadorian EC; ecuadorean EC; egyptian EG; emirati AE; english GB
eritrean ER; estonian EE; ethiopian ET; fijian FJ; filipino PH; finnish FI; french FR; gambian GM
georgian GE; german DE; ghanaian GH; greek GR; guatemalan GT; haitian HT; honduran HN; hungarian HU
icelandic IS; indian IN; indonesian ID; iranian IR; iraqi IQ; irish IE; israeli IL; italian IT
ivorian CI; jamaican JM; japanese JP; jordanian JO; kazakh KZ; kazakhstani KZ; kenyan KE; korean KR
kosovar XK; kuwaiti KW; kyrgyz KG; laotian LA; lao LA; latvian LV; lebanese LB; liberian LR
libyan LY
lithuanian LT; luxembourgish LU; macedonian MK; malagasy MG; malawian MW; malaysian MY; malian ML
maltese MT; mauritian MU; mexican MX; moldovan MD; mongolian MN; montenegrin ME; moroccan MA
mozambican MZ; namibian NA; nepalese NP; nepali NP; nicaraguan NI; nigerian NG; norwegian NO
omani OM
pakistani PK; palestinian PS; panamanian PA; paraguayan PY; peruvian PE; philippine PH; polish PL
portuguese PT; qatari QA; romanian RO; russian RU; rwandan RW; salvadoran SV; saudi SA; scottish GB
senegalese SN; serbian RS; singaporean SG; slovak SK; slovene SI; slovenian SI; somali SO
south african ZA; south korean KR; north korean KP; new zealand NZ; spanish ES; sri lankan LK
sudanese SD; swedish SE; swiss CH; syrian SY; taiwanese TW; tajik TJ; tanzanian TZ; thai TH
tunisian TN; turkish TR; turkmen TM; ugandan UG; ukrainian UA; uruguayan UY; uzbek UZ; venezuelan VE
vietnamese VN; welsh GB; yemeni YE; zambian ZM; zimbabwean ZW; costa rican CR; puerto rican PR
"""


def _rows(table: str) -> list[tuple[str, tuple[str, ...]]]:
    rows = []
    for entry in table.replace("\n", ";").split(";"):
        if entry.strip():
            name, _, codes = entry.strip().rpartition(" ")
            rows.append((name, tuple(codes.split(","))))
    return rows


@cache
def languages() -> dict[str, tuple[str, ...]]:
    """Return ISO 639 codes by a language's English name in lower case."""
    return dict(_rows(_LANGUAGES))


@cache
def scripts() -> dict[str, tuple[str, ...]]:
    """Return ISO 15924 codes by a script's English name in lower case."""
    return dict(_rows(_SCRIPTS))


@cache
def script_of_language() -> dict[str, str]:
    """Return the script in which a language is mostly written, for scripts other than Latin."""
    return {name: codes[0] for name, codes in _rows(_SCRIPT_OF)}


@cache
def demonyms() -> dict[str, tuple[str, ...]]:
    """Return country codes by the adjective of a people, in lower case."""
    return dict(_rows(_PEOPLES))


@cache
def currencies() -> dict[str, frozenset[str]]:
    """Return ISO 4217 codes by the word or sign of a currency, in lower case, singular."""
    table = {}
    for entry in _CURRENCIES.replace("\n", ";").split(";"):
        name, *codes = entry.split() or [""]
        if name:
            table[name] = frozenset(codes)
    return table
