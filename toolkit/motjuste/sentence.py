"""Sentences and clauses of a French note: where they begin and end, and what of one can stand without another.

A clause is what stands between commas, colons, dashes, brackets or in front of a conjunction; a quotation is
never cut. What separates two clauses that both stay is kept to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from motjuste.text import fold

Span = tuple[int, int]

# A dot after one of these ends no sentence; after one of the second kind only before a capital or a number.
_TITLE = re.compile(
    r"(?:^|[^a-z])(?:m|mm|mme|mlle|me|mr|dr|pr|st|ste|n|no|tel|ref|art|av|bd|env|cf|ex|etc|rdv|hab|resp|empl|trad|coll|chap|aff)$"
)
_SHORT = re.compile(
    r"(?:^|[^a-z])(?:conj|dom|loc|pres|prelev|prelevt|attest|decouv|abo|resil|remb|fact|cotis|epil|adr|appt|apt|bat|susp|synd|compl|suppl|sup|min|max|janv|fevr|juil|sept|oct|nov|dec|prof|dir|sem|dem|dde|esc|ent|jud|entr|livr|cde|rembt|resa|gen|secr)$"
)
_QUOTED = re.compile(r"«[^«»\n]{0,400}»|“[^“”\n]{0,400}”|(?<![\w\"])\"[^\"\n]{1,400}\"(?!\w)")
_BREAK = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|\n|;(?=\s)|(?<=[.!?…])\s?[»”\"](?=\s+[A-ZÀ-ÖØ-Þ])")
_CLAUSE = re.compile(
    r",(?=\s)|(?<=\s),(?!\d)|(?<=\s)[-–—/>+→=]++(?=\s)|:(?=\s)|(?<=\s)\(|\)"
    r"|(?<=\s)(?:(?<!\d\s)(?<!h\s)|(?=\w+\s\D))(?=(?:et|mais|(?<!l[ea] )(?<!un )(?<!du )(?<!en )(?<!au )(?<!de )car"
    r"|(?<!\ba )(?<!est )(?<!\bai )(?<!ont )(?<!eut )(?<!faut )(?<!doit )(?<!\bva )(?:donc|dc)|puis|or|sinon)\s(?!qu))"
    r"|(?<=\s)(?=(?:alors (?:ils? |elles? |on |je |nous |ne |n['’])|(?:parce|alors|puis|tandis|depuis|vu|dès lors|étant donné) ?qu(?:e\b|['’ ]|i)"
    r"|suite (?:[àa]|au|aux) |(?:[àa]|pour) cause d|en raison d|du fait d|du coup |c['’ ]est pourquoi |c['’ ]est pour [cç]a ))",
    re.IGNORECASE,
)
# The second of two nouns: the mardis et jeudis, du compte et des suggestions, huissier et serrurier seront là.
_SECOND = re.compile(
    r"et (?:(?:(?:des?|du|les?|la|aux?|ses?|sa|son|leurs?|un|une) |[dl]['’])(?!\w+[ée]e?s?\b)\w+|(?!\w+[ée]e?s\b)\w+s)(?=\s*(?:[,;:.!?)\n]|$))"
    r"|et (?:(?:l[ae]|les|son|sa|ses|un|une|[A-Z]\w+) |l['’])?\w+ (?=(?:sont|ont|seront|auront|vont|étaient|avaient|veulent|peuvent|doivent|viendront|passeront) )",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"^(?:(?:et|mais|car|donc|dc|puis|alors|sinon|or|du coup|fait que|c['’ ]est pourquoi|c['’ ]est pour [cç]a|d['’]o[ùu]|parce|puisque?|alors|tandis|ainsi"
    r"|depuis que?|vu que?|qui|que?)\b[ ,:'’]*+)++",
    re.IGNORECASE,
)
_LONGEST_LINK = 32  # characters
# What waits for its object, with `donc` between them: `il revend donc la maison`.
_PRONOUN_VERB = re.compile(
    r"(?:il|elle|on|je|nous|ils|elles) (?:(?:ne|se|le|la|les|lui|en|y) |[nsl]['’])?(?!est |sont |etait )\w+\s*",
    re.IGNORECASE,
)
_TRAILING_LINK = re.compile(
    r"(?<![\s,])[\s,]+(?:du coup|donc|dc|(?:alors|tandis|vu|parce) que?|puisque?|alors|mais|et|(?<!du )(?<!le )(?<!un )(?<!de )(?<!en )(?<!au )(?<!m[êe]me )car)$",
    re.IGNORECASE,
)

# Words of the file (folded): a fragment that holds one, or a number, says something of its own.
_WORK = re.compile(
    r"\b(?:livr(?!eu)|reunion|deplac|plainte|vidange|convention|command|cde|rdv|rendez|factur|dossier|contrat|cheque|paiement|paye|paie|regl|report|annul|demand(?!eu)|dde|dem\b|devis|appel|rappel|raccroch"
    r"|courrier|mail|sms|colis|retour|rembours|prelev|virement|echean|relanc|bail|loyer|caution|depot|visit|inscri|reinscri|resil"
    r"|changement|adresse|signa|signe|attest|certif|justif|pieces?\b|document|carte|badge|cles?\b|clefs?\b|remis|envoy|envoi|recue?s?\b|refus"
    r"|contest|reclam|retard|interven|technicien|pose\b|compteur|releve|ticket|bloqu|clos|solde|acompte|tarif|pret\b|abonn(?!es absents)|cotis"
    r"|quittance|preavis|delai|creneau|horaire|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:lun|mar|mer|jeu|ven|sam|dim)\b|expert|sinistre|declar|garantie|reserv"
    r"|rembt|remb\b|abo\b|resa\b|tel\b|telephon|contact|joindre|joignab|demenag|emmenag|prevenu|previen|decal|rapl\b|tech\b|box\b|stage|seance|chantier"
    r"|stop|suspen|suspendre|(?:in)?dispo|transmi|transfer|ouvert|ouvrir|ferme|valid|accord|expedi|entretien|lecon|formulaire|coffret|enquete|assurance|baissee?s?\b(?! l)|orient|panne|fuite|hs\b|impaye)"
)
_MEASURE = re.compile(
    r"\d ?(?:[h/%$]|eur|km|kg|m2|m3|mn?\b|min|j\b|jour|sem|mois|an\b|ans\b|fois|x\b|couv|pers)"
)
_DEED = re.compile(
    r"\b(?:\w{2,}(?:er|ir|oir|tre|dre)|(?:re|de|satis)?faire|(?:re)?dire|(?:re|e)?lire|(?:re|ins|des|pres)?(?:e?crire)|suivre|ok|ras|vu|fait|faite|pris|prise)\b"
)
_DID = re.compile(
    r"(?:(?:il|elle|ils|elles|on) )?(?:n'|m'|nous )?(?:(?:a|ont|avait) (?:(?:encore|deja|tjs|toujours|bien|tout|meme|pas|jamais) ){0,2}\w{2,}(?:e|i|u|is|it|ert)"
    r"|(?:est|sont) (?:venu|passe|parti|revenu|reparti|alle|entre|monte|reste)\w*)\b"
)
# One word that may say what a note is about: no adjective, participle, or word that tells a cause.
_MATTER = re.compile(
    r"(?!(?:seule?|triste|pauvre|vieux|vieille|gros|grosse|lente?|bizarre|louche|timide|malade|sale|jeune|riche|jaloux|veu[fv]e?|mosquée|église|prison|hôpital"
    r"|dettes?|découvert|keffieh|expulsion|licenciement|conflit|rien|merci|bref|jamais|toujours|lenteur|patience|prudence)\b)"
    r"\w{3,}(?<!é)(?<!ée)(?<!és)(?<!ées)(?<!eux)(?<!euse)(?<!if)(?<!ive)(?<!ard)(?<!arde)(?<!iste)(?<!ique)(?<!esque)(?<!able)(?<!ible)(?<!eur)",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"(?:(?:a|merci de|svp|pour) )?(?:ne (?:(?:surtout )?pas|plus|jamais|rien|surtout) )?(?:(?:le|la|les|lui|leur|y|en) ){0,2}"
    r"(?!(?:mer|hier|cher|leur|pour|sur|noir|soir|par|fer|car|pair|dossier|papier|premier|dernier|courrier|loyer|chantier|foyer|huissier|hiver|cancer|danger"
    r"|escalier|panier|entier|particulier|ouvrier|infirmier|etranger|plaisir|avenir|espoir|avoir|devoir|hyper|super)\b)"
    r"(?:\w{2,}(?:er|[^ao]ir)|\w*(?:voir|mettre|prendre|tendre|rendre|vendre|pondre|suivre|crire|lire|dire|faire|duire))\b"
)
_AIM = re.compile(r"(?:pour|a partir)\b")
_TO_DO = re.compile(
    r"^(?!(?:il|elle|on|et|a|qui|n'|ne)\b)(?:[\w']+ ){1,6}a (?!(?:la|le|l|sa|son)\b)\w{2,}(?:er|ir|dre|tre|ire|oir)\b"
)
_EMPTY = re.compile(r"\b(?:les|des|une|aux|sur|par|pour|avec|dans|son|ses|que|qui|est|leur|mon|mes)\b")
# What a clause may not end on: it calls for something that is no longer there.
_DANGLING = re.compile(
    r"\b(?:est|es|suis|sont|etait|sera|serait|a|ai|ont|avait|aura|fait|va|vont|vient|vit|se|s|le|la|les|l|un|une|des|de|du|d|son|sa|ses|leur"
    r"|leurs|mon|ma|mes|ce|cet|cette|tres|trop|plus|moins|pas|ne|n|ni|il|elle|ils|elles|on|je|qui|que|qu|et|ou|mais|tout|en|au|aux|par|pour"
    r"|pr|avec|dans|ds|sur|chez|dit|encore|toujours|tjs|deja|bien|comme|souffre|prend|parle|suite|cause|car|deux|meme|tellement|sous|sans|quel|quelle|ke|k|(?:a|ont|avait) (?:dit|demande|refuse|accepte|explique|propose|annonce))$"
)
_COMPLEMENT = re.compile(r"(?:chez|avec|dans|pour|pr|par|du|des|a cause|depuis|comme|parmi|contre)\b")
# Of a clause without signs: what it adds to one that is gone.
_HANGS = re.compile(
    r"(?:(?:d apres|selon|dixit|entre nous|malgre|sans \w+ ni|pour (?:lui|elle|eux)|bizarre)\b.*"
    r"|(?:et|mais|ou) (?:un|une|le|la|les|des|de|du|son|sa|ses|plus|peu|tres|trop|assez)(?: (?!l |ne |n |se |s |me |m |nous )\w+){1,3}"
    r"|pas (?:un|une) \w+.*|(?:et|mais) (?:tres bien|bon|alors)|c est (?:elle|lui) qui (?:le |l )?(?:dit|a dit)|(?:et )?(?:m |nous )?en a (?:re)?parle.*"
    r"|(?:celle|celui|ceux) .*|(?:et )?tout le \w+ (?:le |l a |en |s en )\w+|(?:sur|chez|contre|parmi|au sein|aupres|vers) (?:(?!\d)(?!chez\b)\w+ ){0,5}(?!\d)\w+|(?:\w+ ){1,4}en (?:est|sont|etait|etaient|fait partie|font partie)|du jamais vu|(?:une?|deux|trois|des) .*par (?:jour|nuit))"
)
_TOLD_IT = re.compile(
    r"(?:il|elle|ils|elles|on) (?:me |nous )?l (?:a|ont) (?:re)?(?:dit|glisse|confie|raconte|lache|avoue|repete|precise|annonce|crie|reconnu)\b"
)
_COPULA = re.compile(r"\b(?:est|sont|etait|sera|reste|semble|parait)\b")
# Heads with one of these tell the cause even when its name is gone.
_TELLING = re.compile(
    r"\b(?:souffr|parl|peur|accus|soign|trait(?:e|em)|sort|accro|victime|malad|atteint|perd|mort|dece|vivre|vit\b|touche|plaint|annonc|croit|pleur)"
)
_OPENER = re.compile(
    r"\b(?:suite|cause|cz|car|parce|puisque?|vu|depuis|apres|avant|pendant|pdt|durant|pour|pr|qui|dont|quand|lorsque?|comme|chez|avec|av|par"
    r"|dans|ds|sur|sans|au|aux|a|de|du|des|d|en|\w{3,}e[es]{0,2} par|rapport|c est|tellement)\b"
)
_OPENS = re.compile(
    r"(?:(?:a |pour |pr )?cause|cz|suite|vu|car|quand|qd|lorsque?|comme|sur|chez|avec|pour|pr|par|en|\w{3,}e[es]{0,2} par)\b"
)  # as a match may
_HALF = re.compile(
    r"\bque? (?:\w+ ){0,2}\w+$|\b(?:il|elle|l[ae]? \w+) (?:releve|depend|sort|fait partie|est membre)$"
)  # dit que le fils
_TELLS_WHY = re.compile(r"\b(?:suite a|(?:a |pour |pr )?cause|cz|car|parce|puisque?|vu|rapport a)\b")
_NEAR = 4  # words between what opens a complement and the match inside it
_OF = re.compile(r"\s*(?i:de\s|d['’]|du\s|de\sla\s|de\sl['’])([\w-]{3,}(?:\s[A-ZÀ-Ý][\w-]+)?)\W*(?i:qui\W+)?")
_WHERE = re.compile(r"\s*(?i:(du |de la |de l'|au ))((?:\w+\s)??\w*\d\w*)\W*(?i:qui\W+)?")
_AT = {"du ": "au ", "de la ": "à la ", "de l'": "à l'", "au ": "au "}
_QUALITY = re.compile(
    r"(?:fille|femme|mec|gars|gosse|gamin|merde|premiere|service|base|competition|luxe|classe|taille|race|genre|nature|mauvaise)\b"
)
_TOLD = re.compile(
    r"\bqui (?:(?:m|nous|me|lui|leur) )?(?:(?:a|ont) )?(?:dit|raconte|explique|confie|precise|glisse|assure|jure|annonce)\b"
)
_BY = re.compile(r"(\w+e[es]{0,2}) par")
_VERB = (
    r"(?:(?:ne |n |me |nous |lui |m )?(?:demand|redemand|souhait|refus|contest|annul|report|decal|rappell?|reclam|signal|sollicit|regl"
    r"|resili|command|retourn|renvo|envo|depos|apport|sign|accept|confirm|propos)i?(?:e|ent|ait|aient|era|eront)|veut|veulent|voudrait|exige|attend|doit (?=\d)|cherche|achete"
    r"|viendra|passera|reviendra|rappellera|enverra|appelle"
    r"|(?:n )?(?:a|ont|avait) (?:(?:tjs|tjrs|toujours|encore|jamais|deja|pas|plus) ){0,3}(?:sign|pay|regl|envoy|recu|rendu|retourn|depos|fourni|renvoy"
    r"|repondu|rappel|annul|report|refus|demand|contest|command|resili|accept|donn|transmi)\w*)"
)
_TAIL_OPENS = (
    r"^\W*(?:(?:de la|de l|du|des|de|d|au|a la) (?:\w+ ){1,3}?)?(?:(?:qui|il|elle|ils|elles|et)\W+)?"
)
_TAIL = re.compile(rf"{_TAIL_OPENS}({_VERB}\b.*)$", re.DOTALL)
# Not folded, for à is no verb: `a rayé`, `n a toujours pas rentré`, in capitals without the accent.
_PAST = (
    r"((?:n |m |nous |l )?(?:a|ont|avait|avaient) (?:(?:toujours|encore|déjà|jamais|pas|plus|tjs|tjrs|bien|tout) ){0,3}"
    r"(?!dit\b|redit\b|interdit\b|hurl|crié|gueul|engueul|insult|menac|vocif|raccroch|traité|aussi\b|beaucoup\b|midi\b|c[oô]t[eé]\b|lui\b|peu\b|si\b|qui\b|du\b)(?:\w{2,}(?:é|és|ée|ées|i|u|is|ait|ert%s)|mis|pris|eu|vu|lu)\b.*)$"
)
_TAIL_PAST = re.compile(_TAIL_OPENS + _PAST % "", re.DOTALL)
_TAIL_PAST_CAPITALS = re.compile(_TAIL_OPENS + _PAST % "|(?<=\\w\\w\\w)(?<!un)e", re.DOTALL)
_HIS_OBJECT = re.compile(r"l['’ ](?:a|ont|avait)\b", re.IGNORECASE)  # said of the one who is gone
_OPEN_VERB = re.compile(
    r"\b(?:veut|veulent|voulait|voudrait|souhaite|pas|plus|de|a) \w+(?:er|ir|oir|re)$"
)  # waits for what goes
_SUBJECT = re.compile(r"(?:l'|(?:le|la|les|ce|cet|cette|son|sa|un|une) )[\w'-]+(?: (?:d')?[\w-]+)?")
_SETTING = re.compile(
    r"(?:a la|a l'|au|aux|en \w+ant|lors d\w*|pendant|durant|dans|pdt|devant)(?:(?<=')|\s)(?:(?!\w*\d{2})(?!\w+ees?\b)(?!\w{3,}er\b)[\w']+[ -]?){1,4}"
)
_GOVERNOR = re.compile(
    r"(?:l'|(?:le|la|les|ce|cet|cette|son|sa|un|une|notre|leur) )[\w-]+(?: (?:de la |de l'|du |des |de |d')?[\w'-]+){0,3}"
)
# Who a clause speaks of, and how the next one opens that has the same subject.
_HOLDER = re.compile(
    r"(?:^|(?<=\bque )|(?<=\bqu['’]))(?:l['’]|(?:le|la|les|son|sa|ses|leur|leurs|mon|ma|mes)\s)[\w-]+",
    re.IGNORECASE,
)
_SAME_SUBJECT = re.compile(
    rf"(?:et|mais|puis|donc|dc) (?=(?:ne |n'|se |s'|a |est |ont |sont |va |vont |doi|peu|repren|pren|gard|laiss|loue|lou |gere|gerent|donn|rest|avai|etai|voul|oubli|vien|veu|attend|{_VERB}\b)"
    r"(?!\w*(?:er|ir)\b))"
)
_FINITE = re.compile(
    rf"(?:n'|ne (?!jamais|pas|plus|rien|surtout|\w+(?:er|ir|re)\b)|est |a |ont |sont |etait |avait |va |peut |doit |(?:{_VERB})\b)"
)
_PARTICIPLE = re.compile(r"\w+[éÉ]e?s?\b")
_SAYS = re.compile(rf"(?:{_VERB})\b")
_FORBIDS = re.compile(
    r"(?:pas|jamais|plus|aucune?) (?:de |d'|jamais |avant |apres )|(?:(?:il|elle|on) )?ne veu(?:t|lent) (?:pas|plus) "
)
_WILL = re.compile(
    r"(?:(?:il|elle|ils|elles|on) )?(?:(?:ne|n'|y|le|la|les|se|s') ?)?\w{2,}[^e\W](?:ra|ront)\b"
)
_DECIDES = re.compile(
    rf"\b(?:(?:{_VERB})\b|(?:re)?vend(?:ent)?\b|arret|ger[ea]|souscri|repren|reviend|remplac|occupe)"
)
_ASKS = re.compile(
    r"(?:(?:il|elle|ils|elles|on|clte?|cliente?|monsieur|madame|mr|mme) )?(?:(?:ne |n )?(?:veut|veulent|voulait|voudrait|souhaite|demande|exige|refuse)) (?:pas )?\w+ \w"
)
_NAMED = re.compile(
    r"(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame)\s[A-ZÀ-ÖØ-Ý][\w’'-]*[a-zà-öø-ÿ][\w’'-]*(?:\s[A-ZÀ-ÖØ-Ý][\w’-]*[a-zà-öø-ÿ])?\b"
)
# Whom or what a clause begins with, and a verb: `la gérante me précise`; the kinds of article say `il`, `elle` or `ils`.
_PERSON = re.compile(
    r"(?i:(?:le|un|ce|cet|notre|votre|la|une|cette|sa|les|ses|ces|des|son|leurs?)\s|l['’])[\w-]+"
    r"(?:\s(?i:de\sla\s|de\sl['’]|du\s|des\s|de\s|d['’])[\w-]+|\s[A-ZÀ-Ý][\w-]+){0,2}"
)
_HIS = (
    (re.compile(r"(?:le|un|ce|cet|son(?! [aeiouyh])) "), ("il",)),
    (re.compile(r"(?:la|une|cette|sa|son epouse|son amie) "), ("elle",)),
    (re.compile(r"(?:les|ses|ces|des|leurs) "), ("ils", "elles")),
    (re.compile(r"(?:notre|votre|leur) |l['’]"), ("il", "elle")),
)
_RELATIVE = re.compile(
    r"(?:son|sa|la|le)\s(?:m[èe]re|p[èe]re|fille|fils|femme|mari|s(?:œ|oe)ur|fr[èe]re|ni[èe]ce|neveu|compagn\w+|épouse|époux|voisine?|tante|oncle|belle-\w+|beau-\w+|gardien\w*|concierge|tut\w+|curat\w+)\b",
    re.IGNORECASE,
)
_WHOM = re.compile(r"\s*(?i:de|d['’])\s?([a-zà-ÿ-]{4,})")
_WITH = re.compile(r"\b(?:avec|chez|par|à|a) (elle|lui)(?=$|,)")
_THEN_VERB = re.compile(
    r"\s*(?:$|[,(]|(?:est|etait|sera|a|ont|sont|avait|va|ne|me|nous|se|lui|veut|dit|fait|refuse|demande|explique|pense|croit|vit|boit|parle"
    r"|appelle|rappelle)\s|(?:n|m|s|l)['’])"
)
_MOMENT = re.compile(
    r"(?:(?:le|les|tous les|ts les|chaque) )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|soir)s?\b(?: (?:matin|midi|soir|apres-midi)\b)?"
    r"(?: (?:(?:entre|de|avant|apres|a partir de|des) )?\d{1,2} ?(?:h ?\d{0,2}|(?=(?:et|a) \d))(?: ?(?:et|a) \d{1,2} ?h ?\d{0,2})?\b)?"
)
_CAUSE = re.compile(
    r"(?:car|parce|puisque?|vu qu\w*|depuis qu\w*|suite a|(?:a |pour |pr )?cause|cz|du fait|en raison)\b"
)
# How a clause opens that goes on about the person or the cause of the one before it.
_ON_CAUSE = re.compile(
    r"(?:et |mais |car |puis |alors |parce qu(?:e |')|vu qu(?:e |'))?(?:(?:c'(?!est (?:\w+[ ']){1,3}qui )|ca |ils? (?!faut|faud|manqu|rest|y a)|elles? |lui |en plus |du coup |dont )"
    r"|(?:le|la|les) (?:pauvre|malheureu)|tout le |(?:pas )?(?:etonnant|surprenant)|normal\b|evidemment|forcement|(?:plus|trop|tres|tjs|toujours|juste|meme|tellement|vraiment) (?!de |d'appel|disp|tard|jamais)"
    r"|n(?:e |')(?:(?:les?|la|lui|y|en|se) |s'|l')?(?!v|p[eo]u|ser[ao]|repren|gard|pren|rest|part|fer|rend|souhait|donn|pas |plus |rien ))"
)
_THERE = re.compile(
    r"(?:et |mais |car |depuis qu(?:e |')|parce qu(?:e |')|vu qu(?:e |')|puisqu(?:e |'))?(?:il|elle|ils|elles|on|je|j')? ?(?:n'|ne )?"
    r"(?:y (?:est|sont|etait|va|vont|retourne|reste|passe|court|vit|croit|tient)|en (?:sort|sortait|prend|fait partie|a pris|a pour|souffre|revient)|a pris \d+ (?:an|mois))\b"
)
_MAY = re.compile(
    r"(?:et|mais|puis|donc|dc) (?:ne |n'|l[ea]s? )?(?:doi|p[eo]u|v[aeo])"
)  # and must, can, wants: no part of the cause
_CANNOT = re.compile(
    r"\bp(?:eu|our)\w{1,5} (?:pas|plus|jamais) (?:\w+ ){0,2}?(?:venir|passer|recuperer|se deplacer|signer|recevoir|assister|rendre|retirer|honorer|essayer"
    r"|repondre|prendre|payer|regler|envoyer|chercher|participer|livrer|descendre|monter|garder|etre la|etre present\w*)\b"
)
_INTRODUCES = re.compile(
    r"\b(?:dit|repond|repete|explique|raconte|precise|confie|avoue|annonce|ajoute|m'apprend|nous apprend)(?: que?)?$|^(?:tres |assez )?\w+ment$"
    r"|^(?!.*\d)(?:\w+ ){1,3}(?:a |ont |avait )(?:ecrit|note|repondu|lance|lache|ajoute|precise|declare|confie|raconte|marque)$"
)
_MORE = re.compile(r"et (?:\d|une? |deux |trois |quatre |cinq |des )")
_ASIDE = re.compile(
    r"(?:et )?(?:(?:me |nous |m'|t-)?(?:dit|explique|raconte|precise|avoue|ajoute|confie|repete|parait|semble)(?:-t)?[- ](?:il|elle|on|t-il|t-elle)"
    r"|dit (?:sa|son|le|la|l'|les) ?\w+)"
)
_HANGS_ON = re.compile(r"(?:a cause|en raison|du fait) d\D*$")
_THEIRS = re.compile(
    r"et (?:(?:lui|leur) (?!\w+(?:er|ir|re)\b)|(?:avoir|etre) )"
)  # what the one who is gone did to another: `et lui prend sa carte`, `avoue être … et avoir …`
_PRONOUN = re.compile(
    r"^(ils?|elles?)\s+(?!y\s|n['’]y|fau|faut|manque|reste|pleut|s['’]agit)(?=\w)", re.IGNORECASE
)


def sentences(text: str) -> Iterator[Span]:
    """The (start, end) of each sentence, its closing mark included, white space between them left out."""
    folded = fold(text)
    quotes = [m.span() for m in _QUOTED.finditer(text)][::-1]
    start = 0
    for m in _BREAK.finditer(text):
        while quotes and quotes[-1][1] < m.end():
            quotes.pop()
        if quotes and quotes[-1][0] < m.start() and m.end() < quotes[-1][1]:
            continue
        if m[0] == "." and _abbreviated(text, folded, m.start()):
            continue
        yield from _trimmed(text, start, m.end())
        start = m.end()
    yield from _trimmed(text, start, len(text))


def _abbreviated(text: str, folded: str, dot: int) -> bool:
    before = folded[max(0, dot - 6) : dot]
    initial = text[dot - 1 : dot].isupper() and not re.search(r"\w$|\d\s?$", text[max(0, dot - 3) : dot - 1])
    if initial or _TITLE.search(before):
        return True
    after = text[dot + 1 : dot + 4].strip()
    named = after[:1].isupper() and after[1:2] in ",.:;)"  # bât. A, esc. C
    return (after[:1].islower() or named) and _SHORT.search(before) is not None


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def clauses(text: str, start: int, end: int) -> list[Span]:
    """The clauses of a sentence without its closing mark, in order; a quotation is inside one of them."""
    quotes = [m.span() for m in _QUOTED.finditer(text, start, end)][::-1]
    found: list[Span] = []
    at = start
    for m in _CLAUSE.finditer(text, start, end):
        while quotes and quotes[-1][1] <= m.start():
            quotes.pop()
        if quotes and quotes[-1][0] < m.start():
            continue
        clause = list(_trimmed(text, at, m.start()))
        if clause and not m[0]:
            if m.start() - at < _LONGEST_LINK and not unlinked(text[at : m.start()]).strip():
                continue  # `et du coup`: one conjunction
            if _SECOND.match(text, m.start(), end):
                continue  # `les mardis et jeudis`: one thing said of both
            if text[m.start()] in "dD" and _PRONOUN_VERB.fullmatch(text, *clause[0]):
                continue
        found += clause
        at = m.end()
    return found + list(_trimmed(text, at, end))


def says_work(folded: str) -> bool:
    """Whether a piece of a folded text holds a measure or a word of the file: order, payment, document..."""
    return _WORK.search(folded) is not None or _MEASURE.search(folded) is not None


def is_useful(folded: str) -> bool:
    """Whether a clause of a folded text says something of the file, to do, or decided: elle veut un devis."""
    return says_work(folded) or is_task(folded) or _DECIDES.search(folded) is not None


def is_task(folded: str) -> bool:
    """Whether a clause of a folded text is something to do, in the infinitive: prévoir une rampe, ne pas le relancer."""
    return _TASK.match(unlinked(folded)) is not None


def says_to_do(folded: str) -> bool:
    """Whether a clause says what is to be done: `ne pas les placer ensemble`, `forfait a resilier`; not what for."""
    return (is_task(folded) and not _AIM.match(folded)) or _TO_DO.search(folded) is not None


def goes_on(folded: str) -> bool:
    """Whether a clause has for subject who or what the one before it is about: `il attend`, `et ne signe plus`."""
    return _ON_CAUSE.match(folded) is not None or _SAME_SUBJECT.match(folded) is not None


def explains(folded: str) -> bool:
    """Whether a clause, after one that goes, says nothing of the file and has its subject there: elle compte les bûches."""
    if _HANGS_ON.match(folded) or _THEIRS.match(folded):
        return True
    return goes_on(folded) and not (
        is_useful(folded) or _MAY.match(folded) or _CANNOT.search(folded) or re.search(r"\d", folded)
    )


def tells_more(folded: str) -> bool:
    """Whether a clause speaks of the place or thing that a clause which goes has named: `il y est pour 4 ans`."""
    return _THERE.match(folded) is not None and not _WORK.search(folded)


def introduces(folded: str) -> bool:
    """Whether a clause only says that somebody tells what comes next: `la cliente explique`, or at what length."""
    return _INTRODUCES.search(folded) is not None


def is_more(folded: str) -> bool:
    """Whether a clause is but the second thing of the clause before: `et 4 chaises`."""
    return _MORE.match(folded) is not None


def is_aside(folded: str) -> bool:
    """Whether a clause only says who said what stands beside it: `me dit-elle`, `paraît-il`, `dixit la voisine`."""
    return _ASIDE.fullmatch(folded) is not None


def is_complement(folded: str) -> bool:
    """Whether a clause only goes on with the one before it: chez les pentecôtistes."""
    return _COMPLEMENT.match(folded) is not None


def is_setting(folded: str) -> bool:
    """Whether a clause only says where or when something is that is gone: `a la visite du T3`, `lors du rendez-vous`."""
    return _SETTING.fullmatch(folded) is not None


def is_subject(folded: str) -> bool:
    """Whether a clause only names who or what was spoken of: nothing that stands as a sentence."""
    return _SUBJECT.fullmatch(unlinked(folded)) is not None and not says_work(folded)


def governs(subject: str, clause: str) -> bool:
    """Whether a clause, folded like its subject, only waits for that subject: `le locataire`, `a signé le bail`."""
    return _GOVERNOR.fullmatch(subject) is not None and _FINITE.match(clause) is not None


def stands_alone(folded: str, *, joined: bool) -> bool:
    """Whether a clause still says something once its neighbour is gone; `joined`: by a conjunction to it."""
    if re.search(r"\d", folded):
        return True
    if _CAUSE.match(folded):
        return says_work(folded)
    words = re.findall(r"\w{3,}", _EMPTY.sub("", folded))
    if folded.startswith("d'ou "):
        return len(words) > 3
    if re.match(r"(?:et |ou )?(?:qu[e ']|ce qu[ei ']|dont |ni )", folded):
        return says_work(folded)
    return len(words) > (2 if joined else 1) or says_work(folded) or _DEED.search(folded) is not None


def hangs(folded: str) -> bool:
    """Whether a clause only adds to its neighbour: `d'après sa femme`, `mais une belle voiture`; nothing without it."""
    words = re.sub(r"\W+", " ", folded).strip()
    if _HANGS.fullmatch(words):
        return not says_work(folded)
    return _TOLD_IT.match(words) is not None and not re.search(r"\d", folded)


def forbids(folded: str) -> bool:
    """Whether a clause says what is not to be done, or not wanted: `pas de photo`, `elle ne veut pas de crédit`."""
    return _FORBIDS.match(unlinked(folded)) is not None


def is_deed(folded: str) -> bool:
    """Whether a clause says what is to be done or asked, was done or will be: `ne pas citer`, `veut un patin`, `vu`, `pas de photo`."""
    return _DEED.search(folded) is not None or any(
        m.match(unlinked(folded)) for m in (_SAYS, _FORBIDS, _WILL)
    )


def is_past_deed(folded: str) -> bool:
    """Whether a clause tells what somebody did: `il a mis l'huile dans le radiateur`, `a repeint la façade`."""
    return _DID.match(unlinked(folded)) is not None


def is_cause(folded: str) -> bool:
    """Whether a clause gives a cause and says nothing of the file: `car c'est leur Noël`."""
    return _CAUSE.match(folded) is not None and not says_work(folded) and not re.search(r"\d", folded)


def is_matter(clause: str) -> bool:
    """Whether a clause, not folded, is one word that may say what a note is about: `embauche`."""
    return _MATTER.fullmatch(clause.rstrip(".")) is not None


def head(text: str, start: int, match: int) -> str:
    """What comes before the complement that holds a match at `match`, where that is a fact of the file; or ''."""
    whole = text.rfind(". ", start, match)  # of a quotation of several sentences
    if (
        whole > start
        and re.search(r"[«“\"]", text[start:whole])
        and says_work(fold(text[start:whole]))
        and not _TELLING.search(fold(text[start:whole]))
    ):
        return text[start:whole]
    folded = re.sub(r"\W", " ", fold(text[start:match]))
    near = re.search(rf"(?:\b\w+ +){{0,{_NEAR}}}$", folded)
    opener = (
        _TOLD.search(folded)
        or _TELLS_WHY.search(folded)
        or _OPENER.search(folded, near.start() if near else 0)
    )
    opened = opener or _OPENS.match(fold(text[match : match + _LONGEST_LINK]))
    if not opened or _CAUSE.match(folded):
        return ""
    done = _BY.fullmatch(opener[0]) if opener else None
    at = opener.start() if opener else len(folded)
    at += done.end(1) if done and says_work(done[1]) else 0
    before = folded[:at].strip()
    if (
        _COPULA.search(folded, opener.end() if opener else at)
        or " " not in before
        or not (
            says_work(before)
            or _TELLS_WHY.match(opened[0])  # what stands before a cause is its effect
            or (_ASKS.match(before) and not _OPEN_VERB.search(before))
        )
        or _DANGLING.search(before)
        or _HALF.search(before)
        or _TELLING.search(before)
    ):
        return ""
    said = text[start : start + at].strip(" ,:-'’")
    return "" if _SUBJECT.fullmatch(fold(said)) else said


def tail(text: str, match_end: int, end: int) -> str:
    """What follows a match, where a verb of the file opens it (qui refuse de signer); or ''."""
    left = text[match_end:end]
    m = _TAIL.match(re.sub(r"[^\w,]", " ", fold(left)))
    if not m and len(left.lower()) == len(left):
        past = _TAIL_PAST_CAPITALS if left.isupper() else _TAIL_PAST
        m = past.match(re.sub(r"[^\w,]", " ", left.lower()))
    if not m or " " not in m[1].strip():
        return ""
    said = left[m.start(1) :].strip()
    return "" if _PARTICIPLE.match(said) or _HIS_OBJECT.match(said) else said


def holder(between: str) -> str:
    """The noun that stands after a match and before its verb: `de livreur`, as in `cet idiot de livreur a`; or ''."""
    m = _OF.fullmatch(between)
    return m[1] if m and not _QUALITY.match(fold(m[1])) else ""


def moment(folded: str, start: int, match: int) -> int:
    """Where the day or the hours end that a clause of a folded text opens with: they hold for the next one too.

    Le vendredi entre 13 et 15 h; `start` where it opens with none.
    """
    m = _MOMENT.match(folded, start, match)
    return m.end() if m else start


def located(between: str) -> str:
    """Where someone is found by a number, between a match and its verb: `au 3e`, as in `le crétin du 3e a`; or ''."""
    m = _WHERE.fullmatch(between)
    return f"{_AT[fold(m[1])]}{m[2]}" if m else ""


def named(text: str, start: int, end: int) -> str:
    """The title and name, or whom else, that a clause opens with before `end`: what comes next is about them; or ''."""
    m = _NAMED.match(text, start, end)
    if m:
        return m[0]
    m = _PERSON.match(text, start, end)
    return m[0] if m and _THEN_VERB.match(fold(text[m.end() : m.end() + _LONGEST_LINK])) else ""


def unlinked(clause: str) -> str:
    """The clause without the conjunctions that tied it to one that is gone."""
    return _TRAILING_LINK.sub("", _LINK.sub("", clause))


def about(name: str, clause: str, *, next_to: bool) -> str:
    """The clause, said of that person: `elle veut rendre le lit` -> `Mme Roux veut rendre le lit`.

    `next_to`: the clause followed the one that named them.
    """
    titled = is_name(name)
    pronoun = _PRONOUN.match(clause)
    if pronoun:
        his = ("il", "elle") if titled else next((h for m, h in _HIS if m.match(fold(name))), ())
        return f"{name} {clause[pronoun.end() :]}" if pronoun[1].lower() in his else clause
    if _SAYS.match(fold(clause)) and (titled or next_to):
        return f"{name} {clause}"
    return f"{name} : {clause}" if titled else clause


def about_insulted(after: str, clause: str) -> str:
    """The clause, said of whom follows the match before it: `cette garce de concierge, elle garde` -> `la concierge garde`."""
    noun, pronoun = _WHOM.fullmatch(after), _PRONOUN.match(clause)
    if not noun or not pronoun or _QUALITY.match(fold(noun[1])) or pronoun[1].lower() not in ("il", "elle"):
        return clause
    elided = fold(noun[1])[0] in "aeiouyh"
    article = "l'" if elided else "le " if pronoun[1].lower() == "il" else "la "
    return f"{article}{noun[1]} {clause[pronoun.end() :]}"


def with_object(before: str, clause: str) -> str:
    """The clause, with whom the one before it began with: `sa mère décide de tout`, `voir avec elle` -> `voir avec sa mère`."""
    name = _NAMED.match(before)
    whom, with_whom = name or _RELATIVE.match(before), _WITH.search(clause)
    if not whom or not with_whom or _PRONOUN.match(clause):
        return clause
    said = whom[0] if name else whom[0][0].lower() + whom[0][1:]
    his = "elle" if fold(said).startswith(("sa ", "la ", "mme", "mlle", "madame")) else "lui"
    return clause[: with_whom.start(1)] + said + clause[with_whom.end(1) :] if with_whom[1] == his else clause


def is_name(text: str) -> bool:
    """Whether a text is a title and a name, and no more."""
    return _NAMED.fullmatch(text) is not None


def with_subject(before: str, clause: str) -> str:
    """The clause, with its subject where that stood in the clause before: `le fils ne lui parle plus`, `et reprend le contrat`."""
    subjects = _HOLDER.findall(before)
    verb = _SAME_SUBJECT.match(fold(clause))
    return f"{subjects[-1]} {clause[verb.end() :]}" if subjects and verb else clause


def separators(text: str, spans: Sequence[Span]) -> list[str]:
    """What stands between each clause and the next."""
    return [text[a[1] : b[0]] for a, b in pairwise(spans)]


def joined(text: str, whole: Span, spans: Sequence[Span], stays: Mapping[int, str]) -> str:
    """The clauses that stay (index -> wording) of a sentence: separated as they were, unlinked from what is gone."""
    gaps = separators(text, spans)
    out = ""
    last = -1
    for index in sorted(stays):
        if index == last + 1:
            gap = gaps[last] if index else ""
            alone = last > 0 and last - 1 not in stays and gap.strip() == ","
            if alone and governs(fold(stays[last]), fold(stays[index])):
                gap = " "  # the subject of what follows: `la contremaître, refuse`
            out += gap + stays[index]
        else:
            clause = unlinked(stays[index])
            if last >= 0 and out:
                out += " " if governs(fold(stays[last]), fold(clause)) else _joiner(gaps[last:index])
            out += clause
        last = index
    rest = [*gaps[max(last, 0) :], text[spans[-1][1] : whole[1]] if spans else ""]
    if last == len(spans) - 1:
        out += rest[-1]
    elif sum(s.count(")") - s.count("(") for s in rest) > 0:
        out += ")"
    return _TRAILING_LINK.sub("", _balanced(out, text[slice(*whole)]).strip(" ,:-"))


def _joiner(gap: Sequence[str]) -> str:
    """What to write between two clauses once those between them are gone: `gap` has the separators, in order."""
    first, last = gap[0], gap[-1]
    depth = sum(s.count("(") - s.count(")") for s in gap)
    if depth > 0:
        return " ("
    if depth < 0:
        closing = next(s for s in gap if ")" in s)
        return closing if closing is last or last.strip() not in (",", "") else closing.rstrip() + ", "
    if ")" in last:
        return last[last.index(")") + 1 :] or " "
    if ":" in first:
        return first
    return first if first == last and first.strip() not in ("", "(") else ", "


def _balanced(piece: str, original: str) -> str:
    """The piece without brackets and quotation marks that lost their partner, where the original had them all."""
    for opening, closing in ("()", "«»", "“”"):
        if original.count(opening) == original.count(closing) != 0 and piece.count(opening) != piece.count(
            closing
        ):
            piece = re.sub(rf"(?<!\s)\s*[{re.escape(opening + closing)}]\s*", " ", piece).strip()
            piece = re.sub(r"(?<!\s)\s+,", ",", piece)
    return piece
