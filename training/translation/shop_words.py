"""Words of a shop in four languages, with what they need to agree in a sentence."""

from dataclasses import dataclass

LANGUAGES = ("en", "de", "fr", "es")
Row = tuple[str, str, str, str]  # in the order of LANGUAGES


@dataclass(frozen=True)
class Thing:
    """Something that a shop sells, with what its words need to agree.

    Attributes:
        words: in the order of `LANGUAGES`.
        genders: German (m, f, n), French and Spanish (m, f).
        plural: whether it is named in the plural.
    """

    words: Row
    genders: str
    plural: bool = False

    @property
    def these(self) -> Row:
        """With a demonstrative, in the nominative."""
        return self._with(self._german("dieser"))

    @property
    def these_accusative(self) -> Row:
        return self._with(self._german("diesen"))

    def _german(self, masculine: str) -> str:
        return (
            "diese"
            if self.plural
            else {"m": masculine, "f": "diese", "n": "dieses"}[self.genders[0]]
        )

    def _with(self, german: str) -> Row:
        en, de, fr, es = self.words
        feminine = self.genders[1] == "f"
        singular = "cette" if feminine else "cet" if fr[0] in "aeéiouh" else "ce"
        spanish = {"m": ("este", "estos"), "f": ("esta", "estas")}[self.genders[2]][self.plural]
        english = "these" if self.plural else "this"
        french = "ces" if self.plural else singular
        return f"{english} {en}", f"{german} {de}", f"{french} {fr}", f"{spanish} {es}"

    def ending(self, language: str) -> str:
        """Of a French or Spanish adjective that goes with it."""
        feminine = self.genders[LANGUAGES.index(language) - 1] == "f"
        gender = {"fr": ("", "e"), "es": ("o", "a")}[language][feminine]
        return gender + "s" * self.plural


def _things(table: str) -> list[Thing]:
    rows = [line.split(", ") for line in table.strip().splitlines()]
    return [Thing((r[0], r[1], r[2], r[3]), r[4], len(r) > 5) for r in rows]


THINGS = _things("""
jumper, Pullover, pull, jersey, mmm
coat, Mantel, manteau, abrigo, mmm
dress, Kleid, robe, vestido, nfm
skirt, Rock, jupe, falda, mff
bag, Tasche, sac, bolso, fmm
backpack, Rucksack, sac à dos, mochila, mmf
lamp, Lampe, lampe, lámpara, fff
chair, Stuhl, chaise, silla, mff
table, Tisch, table, mesa, mff
blanket, Decke, couverture, manta, fff
watch, Uhr, montre, reloj, ffm
phone, Telefon, téléphone, teléfono, nmm
camera, Kamera, appareil photo, cámara, fmf
kettle, Wasserkocher, bouilloire, hervidor, mfm
book, Buch, livre, libro, nmm
toy, Spielzeug, jouet, juguete, nmm
cap, Mütze, casquette, gorra, fff
scarf, Schal, écharpe, bufanda, mff
belt, Gürtel, ceinture, cinturón, mfm
suitcase, Koffer, valise, maleta, mff
blouse, Bluse, chemisier, blusa, fmf
T-shirt, T-Shirt, t-shirt, camiseta, nmf
sofa, Sofa, canapé, sofá, nmm
bicycle, Fahrrad, vélo, bicicleta, nmf
perfume, Parfüm, parfum, perfume, nmm
model, Modell, modèle, modelo, nmm
size, Größe, taille, talla, fff
shoes, Schuhe, chaussures, zapatos, mfm, plural
boots, Stiefel, bottes, botas, mff, plural
gloves, Handschuhe, gants, guantes, mmm, plural
socks, Socken, chaussettes, calcetines, ffm, plural
sandals, Sandalen, sandales, sandalias, fff, plural
trainers, Turnschuhe, baskets, zapatillas, mff, plural
glasses, Gläser, verres, vasos, nmm, plural
headphones, Kopfhörer, écouteurs, auriculares, mmm, plural
curtains, Vorhänge, rideaux, cortinas, mmf, plural
""")

COLOURS: tuple[Row, ...] = (
    ("blue", "Blau", "bleu", "azul"), ("red", "Rot", "rouge", "rojo"),
    ("green", "Grün", "vert", "verde"), ("black", "Schwarz", "noir", "negro"),
    ("white", "Weiß", "blanc", "blanco"), ("grey", "Grau", "gris", "gris"),
    ("yellow", "Gelb", "jaune", "amarillo"), ("brown", "Braun", "marron", "marrón"),
    ("pink", "Rosa", "rose", "rosa"), ("dark blue", "Dunkelblau", "bleu foncé", "azul oscuro"),
    ("beige", "Beige", "beige", "beige"), ("purple", "Lila", "violet", "morado"),
)  # fmt: skip

# The stem of each adjective; French and Spanish ones take an ending.
ADJECTIVES: tuple[Row, ...] = (
    ("small", "klein", "petit", "pequeñ"), ("big", "groß", "grand", "grand"),
    ("long", "lang", "long", "larg"), ("wide", "weit", "grand", "anch"),
    ("short", "kurz", "court", "cort"), ("tight", "eng", "serré", "estrech"),
    ("expensive", "teuer", "cher", "car"), ("heavy", "schwer", "lourd", "pesad"),
)  # fmt: skip
IRREGULAR = {"longe": "longue", "longes": "longues", "chere": "chère", "cheres": "chères",
             "grando": "grande", "granda": "grande", "grandos": "grandes",
             "grandas": "grandes"}  # fmt: skip

COSTS: tuple[Row, ...] = (
    ("express delivery", "der Expressversand", "la livraison express", "el envío exprés"),
    ("delivery to Austria", "der Versand nach Österreich", "la livraison en Autriche",
     "el envío a Austria"),
    ("shipping to Spain", "der Versand nach Spanien", "la livraison en Espagne",
     "el envío a España"),
    ("shipping to France", "der Versand nach Frankreich", "l'expédition en France",
     "el envío a Francia"),
    ("gift wrapping", "die Geschenkverpackung", "l'emballage cadeau", "el envoltorio de regalo"),
    ("the return", "die Rücksendung", "le retour", "la devolución"),
    ("the assembly", "die Montage", "le montage", "el montaje"),
    ("the repair", "die Reparatur", "la réparation", "la reparación"),
    ("home delivery", "die Lieferung nach Hause", "la livraison à domicile",
     "la entrega a domicilio"),
    ("insured shipping", "der versicherte Versand", "l'envoi assuré", "el envío asegurado"),
    ("international shipping", "der internationale Versand", "la livraison internationale",
     "el envío internacional"),
    ("shipping for this order", "der Versand für diese Bestellung",
     "la livraison de cette commande", "el envío de este pedido"),
)  # fmt: skip

PAYMENTS: tuple[Row, ...] = (
    ("with PayPal", "mit PayPal", "avec PayPal", "con PayPal"),
    ("by invoice", "auf Rechnung", "sur facture", "con factura"),
    ("by bank transfer", "per Überweisung", "par virement", "por transferencia"),
    ("by debit card", "mit EC-Karte", "par carte de débit", "con tarjeta de débito"),
    ("with a gift card", "mit einem Gutschein", "avec une carte cadeau",
     "con una tarjeta regalo"),
    ("in cash", "bar", "en espèces", "en efectivo"),
    ("by direct debit", "per Lastschrift", "par prélèvement", "por domiciliación"),
    ("in instalments", "in Raten", "en plusieurs fois", "a plazos"),
    ("with Apple Pay", "mit Apple Pay", "avec Apple Pay", "con Apple Pay"),
    ("with this credit card", "mit dieser Kreditkarte", "avec cette carte de crédit",
     "con esta tarjeta de crédito"),
    ("by gift voucher", "mit einem Geschenkgutschein", "par chèque cadeau",
     "con un cheque regalo"),
    ("with two cards", "mit zwei Karten", "avec deux cartes", "con dos tarjetas"),
)  # fmt: skip

FIELDS: tuple[Row, ...] = (
    ("first name", "Ihren Vornamen", "votre prénom", "su nombre"),
    ("surname", "Ihren Nachnamen", "votre nom", "su apellido"),
    ("address", "Ihre Adresse", "votre adresse", "su dirección"),
    ("delivery address", "Ihre Lieferadresse", "votre adresse de livraison",
     "su dirección de envío"),
    ("phone number", "Ihre Telefonnummer", "votre numéro de téléphone", "su número de teléfono"),
    ("order number", "Ihre Bestellnummer", "votre numéro de commande", "su número de pedido"),
    ("password", "Ihr Passwort", "votre mot de passe", "su contraseña"),
    ("postcode", "Ihre Postleitzahl", "votre code postal", "su código postal"),
    ("date of birth", "Ihr Geburtsdatum", "votre date de naissance", "su fecha de nacimiento"),
    ("discount code", "Ihren Rabattcode", "votre code promo", "su código de descuento"),
    ("card number", "Ihre Kartennummer", "votre numéro de carte", "su número de tarjeta"),
    ("email", "Ihre E-Mail", "votre e-mail", "su correo electrónico"),
    ("new e-mail address", "Ihre neue E-Mail-Adresse", "votre nouvelle adresse e-mail",
     "su nueva dirección de correo electrónico"),
)  # fmt: skip

DELIVERIES: tuple[Row, ...] = (
    ("Your parcel", "Ihr Paket", "Votre colis", "Su paquete"),
    ("Your package", "Ihr Paket", "Votre colis", "Su paquete"),
    ("Your order", "Ihre Bestellung", "Votre commande", "Su pedido"),
    ("The courier", "Der Kurier", "Le livreur", "El mensajero"),
    ("Your delivery", "Ihre Lieferung", "Votre livraison", "Su entrega"),
    ("The fridge", "Der Kühlschrank", "Le réfrigérateur", "El frigorífico"),
)
DAYS: tuple[Row, ...] = (
    ("today", "heute", "aujourd'hui", "hoy"), ("tomorrow", "morgen", "demain", "mañana"),
    ("on Monday", "am Montag", "lundi", "el lunes"),
    ("on Tuesday", "am Dienstag", "mardi", "el martes"),
    ("on Friday", "am Freitag", "vendredi", "el viernes"),
    ("the day after tomorrow", "übermorgen", "après-demain", "pasado mañana"),
    ("this afternoon", "heute Nachmittag", "cet après-midi", "esta tarde"),
    ("next Thursday", "nächsten Donnerstag", "jeudi prochain", "el próximo jueves"),
)  # fmt: skip
