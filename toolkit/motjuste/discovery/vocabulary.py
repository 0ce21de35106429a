"""What names of columns and tables are made of, in French and in English, folded; plurals in -s and -x follow.

To teach discovery a word, add it here and the columns that taught you to tests/columns.
"""

from __future__ import annotations

import re

# A word that starts with one of these names a note, whatever else stands in the name...
NOTE = re.compile(
    r"comment(?!ed)|cmt|cmnt|commt|observ|obs$|remarq|remark|rmq|rq$|annot|memo$|memos$|notes?$|nota$|blocnote|notepad"
    r"|noteinterne|notelibre|libre$|free$|freetext|freeform|rendu$|feedback|narrativ|verbatim|appreciation|ressenti"
    r"|temoignage|transcript|champlibre|worklog|logbook|anamnes|remq|rque?s?$|rmks?$|remks?$|comts?$|postit|pensebete"
    r"|.*(?:commentaire|observation|remarque|remark|annotation|blocnote|compterendu|textelibre|freetext|comments?$|[a-z]{3}notes?$)"
)
# ... but one of these, which names an attribute of a note: wherever it stands,
HARD = frozenset(
    "cd code cod id ident uuid guid oid type typ kind nb nbr num numero no count cnt date dt heure time timestamp at "
    "url uri href lien link path chemin fichier file filename mime format hash digest md5 sha token jeton cle key "
    "slug lang langue locale version ordre order rang rank flag ind indicateur color couleur icon lu read html xml "
    "json sql query regex is has by par template modele headers header length taille size vu enabled actif active "
    "image img photo avatar score sort position seq hex email mail fingerprint checksum signature unit unite "
    "search term clause schema metadata payload param salt uri script markup svg css font command timezone zoneid".split()
)
# ... or only as the head of the name, which comes last in English and first in French.
FRENCH = frozenset(
    "lib libelle libl statut etat titre niveau categorie nature objet mention auteur nom".split()
)
SOFT = frozenset(
    "ref reference lib libelle label libl titre title statut status etat state niveau level categorie category nom "
    "name nature sujet subject objet mention agent author auteur".split()
)
# A word that names a note in tables about persons...
PROBABLE = frozenset(
    "suivi message msg body corps contenu content texte text txt rapport bilan resume synthese summary circonstance "
    "fait faits explication explanation antecedent transmission conclusion declaration constat avis precision reponse "
    "reply consigne entretien echange story plainte grief recit assessment interpretation complaint complement compl "
    "informations infos discussion particularite difficulte descr subjective objective teneur rem impression opinion propos "
    "dire deroulement preconisation recommandation recommendation comportement behaviour behavior attitude finding "
    "statement testimony allegation illness writeup recap synopsis rationale grievance excuse desiderata diary carnet "
    "specificite".split()
)
# ... one that may name a note: the table, the comment and the content decide...
MAYBE = frozenset(
    "comm com cr compte desc description descriptif detail motif raison reason histo historique history journal zone "
    "report contexte context info information instruction instr renseignement rens probleme problem demande request "
    "answer diagnostic diagnosis situation divers evaluation justification justif circonst allergie conduite "
    "restriction besoin need mesure motivation travaux decision narration log entry entree saisie concern alert "
    "alerte argument argumentaire resolution solution followup follow evenement incident lettre letter souhait "
    "attente conversation correspondance consultation examen exam clinique clinical symptome symptom hpi relance "
    "retour interne internal prive private expl reclam reclamation intervention remonte doleance vecu parcours "
    "observatoire step histoire background cause outcome proposition objection advice conseil reaction habit "
    "habitude lifestyle vigilance biographie biography bio presentation abstract requirement maladie noter savoir".split()
)
# ... one that names a note in few tables only...
WEAK = frozenset(
    "action suite plan projet project objectif goal traitement treatment point axe soin posologie prescription "
    "programme devoir ordre evolution progress remede test special particulier particulierement autre other misc "
    "extra additional additionnel complementaire long result resultat devis champ field nursing discharge care introduction "
    "direction condition issue ongoing social medical preference disposition portrait profil".split()
)
# ... one that names one where the table's name says that it holds notes...
VALUE = frozenset("value val valeur raw post data donnee".split())
# ... and one that names something else than a note.
OTHER = frozenset(
    "adresse adr addr address rue voie street ville city commune pays country region departement cp postal zip nom "
    "name names prenom firstname lastname surname nickname pseudo raisoc email mail courriel iban bic rib nir tel "
    "telephone phone portable mobile fax siret siren tva vat naf ape civilite civility login user username "
    "utilisateur mdp password passe role ip host domaine domain devise currency unite unit marque brand "
    "immatriculation plaque auteur author agent createur created updated par by source canal channel objet sujet "
    "subject profession metier fonction poste job enseigne societe company organisme produit product article photo "
    "image avatar xml json html sql query genre sexe sex medecin praticien doctor personne person responsable contact "
    "president cabinet prestataire expediteur destinataire recipient sender lieu place location localisation chambre "
    "room service section tournee matiere matricule signature secret token hash site website web keyword tag label "
    "titre title intitule libelle lib design designation rubrique menu formule mention legale mentions mandat serial "
    "sku locale medicament carrier transporteur courriers provider fournisseur ressource agence magasin banque bank "
    "horodatage cote quartier etage coordonnee interlocuteur telephonique duree duration jointe joint jointes "
    "justificatif accession shift error erreur failure exception stack trace warning debug".split()
)
# Of these, who may have written a text, or be the one that it is about: the name of a text may say whose it is.
ROLES = frozenset(
    "user utilisateur author auteur agent sender expediteur contact personne person responsable medecin doctor praticien "
    "interlocuteur prestataire provider destinataire recipient fournisseur president cabinet company societe".split()
)
# Tables about persons and what happens to them...
PERSONS = re.compile(
    r"(?:client|cli$|clt|customer|contact|adherent|assure|abonne|beneficiaire|locataire|patient|candidat|applicant|salarie|employe"
    r"|eleve|etudiant|student|pupil|usager|membre|member|prospect|tier|famille|family|debiteur|user|person|dossier|appel|call|interaction"
    r"|ticket|case|visit|consultation|relance|incident|issue|complaint|reclamation|intervention|contrat|contract|rdv|rendez|commande|cde$|order"
    r"|suivi|followup|sinistre|demande|request|lead|account|compte|partner|societe|encounter|appointment|referral|sejour|hospitali"
    r"|sanction|absence|entretien|interview|opportun|return|refund|fraud|signalement|demarche|impaye|resident|agent$|litige|action|bulletin"
    r"|soin|prescription|infirmerie|courrier|expertise|aide|social|creche|enquete|survey|satisfaction|commission|etat$|actioncomm|diagnos"
    r"|mail|email|discussion|solution|task|tache|admission|naissance|tutelle|curatelle|mineur|garde|menage|foyer|victime|plainte|application|candidature|borrower|reader|emprunteur|bug)"
)
# ... about notes themselves...
NOTES = re.compile(
    r"(?:comment|note|remarq|remark|observ|obs$|memo|annot|message|msg|conversation|feedback|review|journal|verbatim|correspondance"
    r"|suivi|followup|itilfollow|thread|chat|post|narrative|main$|courante|blocnote|historique$|echange|transmission|evaluation|avis$|opinion)"
)
# ... and about things.
THINGS = re.compile(
    r"(?:produit|product|article|art$|catalog|tarif|modele|template|param|config|setting|i18n|traduction|translation|menu"
    r"|page|nomenclature|referentiel|ref$|enum|migration|log$|logs$|job|version|agence|magasin|categor|type|liste|macro|webhook"
    r"|session|campagne|campaign|rubrique|deliberation|marche|garantie|logement$|formation|consent|codes?$|script|cron|queue|cache"
    r"|permission|role|translation|locale|country|pays|cms|content$|faq|kb$|wiki|theme|layout|plugin|module|asset|media|document"
    r"|policy|policies|automation|bots?$|canned|snippet|predefini|entite|entity|entities|device|computer|materiel|equipement|stock|inventory|inventaire|warehouse|entrepot|bareme|grille|schema|flag|feature)"
)
# Of these, whatever else the name holds.
SURELY_THINGS = re.compile(
    r"(?:modele|template|param|config|setting|referentiel|ref$|translation|traduction|i18n|macro|webhook|nomenclature|enum|group)"
)
# Words that stand in a name for the kind of thing that it is, and say nothing: t_, txt_, str_.
NOISE = frozenset(
    "t tb tbl tab s str c col f fld v vc lb l p x m ld llx glpi mdl wp ohrm civicrm ost pre new old n".split()
)
