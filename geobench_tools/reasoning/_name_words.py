"""Words that decide whether a name in running text is a place."""

from geobench_tools.plaintext import words

__all__ = [
    "BUILT",
    "CONNECTORS",
    "COUNTRY_ABBREVIATIONS",
    "CUES",
    "FEATURES_BEFORE",
    "FUNCTION",
    "GEOGRAPHIC",
    "LEADING",
    "NAMED_AFTER",
    "OF_COUNTRY",
    "OF_PLACE",
    "PICTURES",
    "PIXELS",
    "PLACE_NOUNS",
    "PREPOSITIONS",
    "SCENERY",
    "SETTLEMENT",
    "SHORTENED",
    "STATING",
    "TITLED",
    "TITLES",
]

CONNECTORS = words(
    "d l de la le les of the del do da das dos du des am an der den upon on sur en y al el di ob"
    " aux"
    " sous and under in im bei near e i à"
)
SHORTENED = words("st ste sta mt ft pt s")
COUNTRY_ABBREVIATIONS = words("US USA UK UAE DRC DPRK PRC")
PREPOSITIONS = words(
    "in near around outside within at from city town village municipality region province state"
    " country district suburb suburbs outskirts centre center downtown inside throughout capital"
    " prefecture county northern southern eastern western central coastal rural urban greater"
    " metropolitan old island"
)
CUES = PREPOSITIONS | words(
    "of or is be like than not and for s as be towards toward between probably likely perhaps maybe"
    " into visit visiting through was by either say possibly specifically namely indicates suggests"
    " so thus hence therefore then confirms confirm confirming resembles not nor versus vs unlike"
    " via answer location conclusion"
)
OF_COUNTRY = words("of to across throughout within into is be visiting via northern southern")
STATING = words(
    "is be as likely probably city visiting possibly namely confirms confirm confirming indicates"
    " suggests identifies match matches proves"
)
LEADING = words(
    "downtown central greater old north south east west northern southern eastern western inner"
    " outer"
    " upper lower metro metropolitan modern city suburban rural coastal historic historical"
    " northeast"
    " northwest southeast southwest mainland colonial in near the from around at within urban"
    " northeastern northwestern southeastern southwestern"
)
OF_PLACE = words(
    "city town village region province state republic municipality county district island islands"
    " kingdom capital centre center streets outskirts suburbs suburb part parts north south east"
    " west"
    " coast commune canton department prefecture metropolis port area countryside people country"
    " northeast northwest southeast southwest neighbourhood neighborhood northern southern"
)
SETTLEMENT = words(
    "city town village province state county prefecture metro metropolitan region district oblast"
    " municipality area governorate department canton borough suburb suburbs territory voivodeship"
    " old downtown centre center island peninsula metropolis"
)
NAMED_AFTER = words(
    "street st road rd avenue ave boulevard blvd lane drive square plaza hotel inn motel university"
    " college school museum bridge river tower cathedral church airport station park garden gardens"
    " opera stadium arena hospital bank bay lake mountain mount hills hill castle palace market"
    " mall"
    " mountains lakes rivers peaks highway freeway expressway motorway railway line cafe"
    " restaurant restaurants chain bar pub brewery company inc"
    " ltd corp corporation gmbh group times post news club fc united institute foundation society"
    " convention treaty agreement protocol accord declaration method theorem effect syndrome"
    " test process model algorithm law act court marathon airlines airways motors tiles tile roof"
    " roofs tree trees shirt shirts terrier sauce cheese juice cream paint brick stone marble fair"
    " exchange stock terminal gate wall canal harbour harbor beach creek falls valley canyon desert"
    " sea ocean gulf strait channel clock cannon pine fir oak ivy moss bus train car cars"
    " license licence plate flag embassy consulate style"
)
TITLES = words(
    "mr mrs ms dr sir lady lord prince princess king queen saint president senator governor"
    " professor"
    " prof captain general miss uncle aunt judge justice father sister brother chef don"
)
TITLED = words(
    "city province state county prefecture metro metropolitan region district oblast municipality"
    " governorate canton borough territory voivodeship"
)
PLACE_NOUNS = SETTLEMENT | words(
    "skyline waterfront cityscape neighbourhood neighborhood neighbourhoods neighborhoods streets"
    " outskirts landscape landscapes countryside location locations scene setting coast coastline"
    " riverfront midtown uptown itself proper today specifically right near because rather since"
    " urban suburban metropolitan riverside streetscape suburbia heartland mainland panhandle"
    " plain plains plateau highlands lowlands hinterland border"
)
FEATURES_BEFORE = words(
    "lake mount mt cape river fort camp loch gare hotel villa chateau château rue via calle"
    " avenida plaza"
    " avenue boulevard hôtel palazzo piazza strasse jalan parque estación stade estadio universidad"
)
FUNCTION = words(
    "and or is was with where which because since as but than has have had near on in at for to by"
    " from that if would could might may itself are were will its the not rather so though although"
    " before after until during when then against along across over under among through despite"
    " however"
    " being having there here this these it they he she we i what why how so yet both either"
    " while who whose via also too seems appears must can cannot area region s"
)
GEOGRAPHIC = words(
    "image images photo photos photograph satellite tile tiles scene location located latitude"
    " longitude"
    " coordinates climate architecture architectural vegetation signage hemisphere country"
    " countries"
    " region landscape terrain geolocation streetscape facade facades visible view candidate"
    " candidates"
    " panorama imagery geographic geographical street streets roof roofs camera"
)
PICTURES = words(
    "image images photo photos photograph picture scene satellite tile panorama camera"
)
PIXELS = words("image images scene camera view visible candidate candidates tile tiles")
"""Of these, words that texts about pictures of any kind use."""

SCENERY = words(
    "hill hills hillside mountain mountains valley plain plains coast beach sea harbour harbor"
    " river"
    " canal lake desert forest palm palms pine pines eucalyptus snow steppe savanna church churches"
    " mosque temple pagoda minaret minarets cathedral castle fortress statue dome domes balcony"
    " balconies gable gables brick cobblestone cobblestones pavement sidewalk kerb plaza boulevard"
    " avenue lane alley taxi taxis buses tram trams scooter scooters rickshaw motorcycle"
    " motorcycles bicycles plates billboard billboards poster currency prices driving drives"
    " colonial skyline suburb downtown capital island province"
)
"""More words of streets and landscapes, each alone too common to tell a text about a place."""

BUILT = words(
    "road roads junction shop shops house houses building buildings city town village traffic sign"
    " signs plates trees bus"
)
