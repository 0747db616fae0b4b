"""Do Firefox's models copy placeholders? Counted over sentences with one to three of them.

python -m benchmarks.firefox_placeholders
"""

from typing import Any

from benchmarks.arguments import parser
from benchmarks.firefox_speed import EXTRA_MODELS
from benchmarks.machine import write
from functions.translation.contract import PLACEHOLDERS
from functions.translation.decoding.model import MarianModel
from training.translation.scores import decode, to_texts

MARKED = {
    "en-pt": {
        "codes, names, prices": (
            "Your order ⟦0⟧ is on its way.",
            "Your order ⟦0⟧ was shipped on 12 March.",
            "The ⟦0⟧ headphones last up to 40 hours.",
            "My discount code ⟦0⟧ does not work.",
            "Please write to ⟦0⟧ or call us.",
            "Hello ⟦0⟧, your parcel ⟦1⟧ will arrive on ⟦2⟧.",
            "It costs ⟦0⟧ and shipping is ⟦1⟧.",
            "The refund of ⟦0⟧ has been credited to your card.",
            "Use the code ⟦0⟧ to save 20% on ⟦1⟧.",
            "⟦0⟧ is back in stock.",
            "Track it at ⟦0⟧ with the number ⟦1⟧.",
            "The price dropped from ⟦0⟧ to ⟦1⟧.",
        ),
        "tags": (
            "The ⟦0⟧ Cloud Runner ⟦1⟧ is back in stock.",
            "Please ⟦0⟧ contact us ⟦1⟧ if you have questions.",
            "Your order is ⟦0⟧ on its way ⟦1⟧ and will arrive tomorrow.",
            "This jacket is ⟦0⟧ waterproof ⟦1⟧ and ⟦2⟧ windproof ⟦3⟧.",
            "Read our ⟦0⟧ return policy ⟦1⟧ for more information.",
            "Click ⟦0⟧ here ⟦1⟧ to change your password.",
            "Free shipping on ⟦0⟧ all orders ⟦1⟧ this week.",
            "We offer ⟦0⟧ free returns ⟦1⟧ within 30 days.",
        ),
    },
    "pt-en": {
        "codes, names, prices": (
            "Seu pedido ⟦0⟧ está a caminho.",
            "Seu pedido ⟦0⟧ foi enviado em 12 de março.",
            "Os fones de ouvido ⟦0⟧ duram até 40 horas.",
            "Meu código de desconto ⟦0⟧ não funciona.",
            "Por favor, escreva para ⟦0⟧ ou ligue para nós.",
            "Olá ⟦0⟧, seu pacote ⟦1⟧ chegará em ⟦2⟧.",
            "Custa ⟦0⟧ e o frete é ⟦1⟧.",
            "O reembolso de ⟦0⟧ foi creditado no seu cartão.",
            "Use o código ⟦0⟧ para economizar 20% no ⟦1⟧.",
            "⟦0⟧ está de volta ao estoque.",
            "O preço caiu de ⟦0⟧ para ⟦1⟧.",
        ),
        "tags": (
            "O ⟦0⟧ Cloud Runner ⟦1⟧ está de volta ao estoque.",
            "Por favor, ⟦0⟧ entre em contato ⟦1⟧ se tiver dúvidas.",
            "Seu pedido está ⟦0⟧ a caminho ⟦1⟧ e chegará amanhã.",
            "Esta jaqueta é ⟦0⟧ impermeável ⟦1⟧ e ⟦2⟧ respirável ⟦3⟧.",
            "Leia a nossa ⟦0⟧ política de devolução ⟦1⟧ para mais informações.",
            "Clique ⟦0⟧ aqui ⟦1⟧ para alterar a sua senha.",
            "Frete grátis em ⟦0⟧ todos os pedidos ⟦1⟧ esta semana.",
            "Oferecemos ⟦0⟧ devoluções gratuitas ⟦1⟧ em até 30 dias.",
        ),
    },
}


def main() -> None:
    """Count, and write results/firefox_placeholders.json."""
    rows: list[dict[str, Any]] = []
    for pair, kinds in MARKED.items():
        model = MarianModel.load(EXTRA_MODELS / pair)
        for kind, sentences in kinds.items():
            texts = to_texts(model, decode(model, sentences, pair[3:], 4))
            lost = [
                [sentence, text]
                for sentence, text in zip(sentences, texts, strict=True)
                if any(sentence.count(mark) != text.count(mark) for mark in PLACEHOLDERS)
            ]
            kept = len(sentences) - len(lost)
            row = {"pair": pair, "kind": kind, "sentences": len(sentences), "kept": kept}
            rows.append({**row, "lost": lost})
            print(rows[-1])
    command = "python -m benchmarks.firefox_placeholders"
    print(f"wrote {write('firefox_placeholders', command, {'figures': rows}).name}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
