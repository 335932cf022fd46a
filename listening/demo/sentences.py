"""What the invented residents say: sentences composed for the demonstration, by theme.

No names of people, no addresses. `{where}` and `{when}` are filled in.
"""

from __future__ import annotations

WHERE = (
    "sotto casa", "vicino alla scuola", "nel nostro cortile", "lungo la via principale", "intorno al mercato",
    "davanti alla biblioteca", "nel parco", "alla fermata", "in questa zona", "nel quartiere",
)  # fmt: skip
WHEN = ("la sera", "d'estate", "d'inverno", "nel fine settimana", "al mattino presto", "da qualche mese", "ogni giorno")

ITALIAN: dict[str, tuple[str, ...]] = {
    "green_space": (
        "Servono più alberi {where}, {when} non c'è un filo d'ombra.",
        "L'erba {where} non viene tagliata {when}.",
        "Ci piacerebbe un orto condiviso {where}.",
        "Il verde {where} è bello ma mancano le fontanelle.",
    ),
    "public_space": (
        "Mancano panchine {where} per chi si stanca a camminare.",
        "L'illuminazione {where} è debole, {when} si passa in fretta.",
        "I cassonetti {where} sono sempre pieni {when}.",
        "La piazzetta {where} potrebbe vivere di più {when}.",
    ),
    "mobility": (
        "L'autobus {when} passa troppo di rado {where}.",
        "Attraversare la strada {where} è pericoloso per i bambini.",
        "La pista ciclabile si interrompe {where}.",
        "Le auto parcheggiano sul marciapiede {where}, {when} non si passa con la carrozzina.",
    ),
    "safety": (
        "{when} non mi sento tranquilla a passare {where}.",
        "Ci vorrebbe più presenza {where}, non solo telecamere.",
        "Hanno rotto di nuovo i lampioni {where}.",
    ),
    "housing": (
        "L'affitto è salito troppo, {where} non si trova più nulla.",
        "In casa c'è umidità e {when} i termosifoni non bastano.",
        "L'ascensore del palazzo è fermo {when}.",
        "I giovani che lavorano qui non riescono a trovare una stanza.",
    ),
    "services": (
        "Per una pratica bisogna andare lontano, serve uno sportello {where}.",
        "Gli orari dello sportello non vanno bene per chi lavora.",
        "Qualcuno che aiuti a leggere le lettere del Comune sarebbe prezioso.",
    ),
    "health": (
        "Il medico è lontano e {when} non risponde nessuno.",
        "Gli anziani {where} faticano ad arrivare all'ambulatorio.",
        "Servirebbe un punto di ascolto per chi sta attraversando un momento difficile.",
    ),
    "education": (
        "Dopo la scuola i ragazzi non hanno un posto per studiare {where}.",
        "Vorrei un corso di italiano {when}, quando non lavoro.",
        "La palestra della scuola potrebbe aprire {when}.",
    ),
    "work": (
        "Trovare un lavoro vicino è difficile, qui ci sono solo contratti brevi.",
        "Servirebbe aiuto per scrivere il curriculum {where}.",
        "I negozi {where} chiudono uno dopo l'altro.",
    ),
    "culture": (
        "Ci mancano concerti e letture {where} {when}.",
        "La biblioteca è un punto fermo, vorremmo più serate.",
        "Il cinema all'aperto {where} univa tutti.",
    ),
    "sport_play": (
        "Il campetto {where} ha i canestri rotti.",
        "I giochi per i piccoli {where} sono vecchi e al sole {when}.",
        "Vorremmo un percorso per correre {where}.",
    ),
    "social_spaces": (
        "Non c'è un posto dove trovarsi {when} senza dover consumare.",
        "La sala {where} è chiusa {when}, peccato.",
        "Facciamo volentieri una festa di strada {where}.",
    ),
    "children_family": (
        "Con due bambini piccoli {when} non si sa dove andare {where}.",
        "I posti al nido non bastano.",
        "Un gruppo di genitori si aiuta {where}, serve una stanza.",
    ),
    "young_people": (
        "Noi ragazzi {when} stiamo {where} perché non c'è altro.",
        "Vorremmo una sala prove {where}.",
        "Ci chiedono cosa vogliamo, ma poi non succede niente.",
    ),
    "older_people": (
        "Mia madre {when} è sola e non esce più.",
        "Servirebbe qualcuno che accompagni gli anziani a fare la spesa {where}.",
        "Le scale {where} sono troppo alte per chi ha una certa età.",
    ),
    "inclusion_disability": (
        "Con la sedia a rotelle {where} non si passa.",
        "Gli avvisi {where} non si leggono se vedi poco.",
        "Le attività {where} non pensano a chi ha bisogno di più tempo.",
    ),
    "intercultural": (
        "Vorrei conoscere i vicini, ma la lingua è una barriera.",
        "Una cena con i piatti di tutti {where} sarebbe bella.",
        "Servono informazioni nella nostra lingua {where}.",
    ),
    "digital": (
        "Tutto si fa con il telefono e io non sono capace.",
        "Il wifi {where} non funziona {when}.",
        "Un corso per usare i servizi digitali, con calma, {when}.",
    ),
    "environment_climate": (
        "{when} le case {where} diventano forni.",
        "Il rumore della tangenziale {when} non fa dormire.",
        "Quando piove forte l'acqua si ferma {where}.",
    ),
    "participation_info": (
        "Non sapevo niente dell'assemblea {where}.",
        "Abbiamo già detto queste cose due anni fa, che fine hanno fatto?",
        "Si potrebbe mettere una bacheca {where}.",
    ),
    "other": (
        "È una cosa piccola, ma {where} darebbe fastidio a tutti.",
        "Volevo solo dire com'è la vita {where} {when}.",
    ),
}
ENGLISH: dict[str, str] = {
    "housing": "The rent went up again and we may have to leave the area.",
    "mobility": "The bus hardly ever comes in the evening.",
    "intercultural": "I would like to practise Italian with my neighbours.",
    "services": "I need someone to explain the forms to me.",
    "green_space": "More shade where the children play, please.",
    "work": "It is hard to find work without knowing people.",
    "education": "An evening class would help me a lot.",
}
# What is said before anybody has given it a theme.
UNTHEMED = (
    "Vivo qui da tanti anni e ho visto cambiare tutto.",
    "Ci sarebbe da parlarne con calma, non so da dove cominciare.",
    "Qui ci si conosce ancora, è la cosa più bella.",
    "Non mi aspettavo che qualcuno venisse ad ascoltare.",
)
BY_KIND = {
    "proposal": "Una proposta: ",
    "question": "Una domanda: ",
    "asset": "Una risorsa che abbiamo: ",
    "thanks": "Un grazie, anche se c'è da fare: ",
}
