"""The words of names of columns and tables, in French and in English, folded; plurals in -s and -x are implied.

To teach discovery a word, add it here and the columns that taught you to tests/columns.
"""

from __future__ import annotations

import re

# A word that starts with one of these names a note, whatever else stands in the name...
NOTE = re.compile(
    r"comment(?!ed)|cmt|cmnt|commt|observ|obs$|remarq|remark|rmq|rq$|annot|memo$|memos$|notes?$|nota$|blocnote|notepad"
    r"|noteinterne|notelibre|notes[a-z]{3}|infos?(?:sup|compl|div|perso)|freetext|freeform|rendu$|feedback|narrativ|verbatim|appreciation|ressenti"
    r"|temoignage|transcript|champlibre|worklog|logbook|anamnes|obsv|zl$|remq|rque?s?$|rmks?$|remks?$|comts?$|postit|pensebete"
    r"|.*(?:commentaire|observation|remarque|remark|annotation|blocnote|compterendu|textelibre|freetext|comments?$|[a-z]{3}notes?$)"
)
# ... or one of these beside a word for what is written or where: zone_libre, free_text, but not metier_libre...
FREE = frozenset("libre free".split())
WRITTEN = frozenset(
    "zone champ mot texte text saisie field motif reponse expression bloc partie form info information description message t txt".split()
)
# ... but one of these, which names an attribute of a note: wherever it stands (but AT_HEAD),
HARD = frozenset(
    "cd code cod id ident uuid guid oid type typ kind nb nbr num numero no count cnt date dt heure time timestamp at "
    "url uri href lien link path chemin fichier file filename mime format hash digest md5 sha token jeton cle key "
    "slug lang langue locale version ordre order rang rank flag ind indicateur color couleur icon lu read html xml "
    "json sql query regex is has by par template modele headers header length taille size vu enabled actif active "
    "image img photo avatar score sort position seq hex email mail fingerprint checksum signature unit unite "
    "search mode methode method frequence frequency term clause schema metadata payload param salt uri script markup svg css font command timezone zoneid".split()
)
# ... or only as the head of the name, which comes last in English (before "of" or "for") and first in French.
SOFT = frozenset(
    "ref reference lib libelle label libl titre title statut status etat state niveau level categorie category nom "
    "name nature sujet subject objet mention agent author auteur topic".split()
)
# Of the words that rule a note out (HARD, OTHER), those that do so as the head only: date_missing_reason, personne_nonrecue_autre.
AT_HEAD = frozenset(
    "mode methode method frequence frequency no is at date dt heure time lien link path ordre order position sort read rang rank version "
    "length taille size format type typ kind header clause term search person personne user utilisateur medicament service section "
    "subject sujet objet source lieu place matiere duration duree job poste fonction role product produit article room chambre title "
    "titre label ident score responsable medecin doctor provider prestataire agent author auteur contact company societe organisme "
    "profession metier unit unite quartier recipient sender destinataire expediteur sexe sex genre language lang langue signature secret "
    "structure organisation organization school ecole tournee rubrique mention mentions menu mandat telephonique shift transaction "
    "infraction".split()
)
# What a machine writes or a page shows, with what may stand beside it: error_message, status_detail; but attendance_failure_information.
ERRORS = frozenset("error erreur failure exception stack trace warning debug".split())
STATES = frozenset("status statut state etat".split())
MACHINE_TEXT = frozenset(
    "message msg text texte detail info description output code last dernier name".split()
)
CAUSE = frozenset("reason raison cause motif".split())
PAGE = frozenset(
    "alt meta seo hint tooltip placeholder caption prefill banner tax taxe price prix copyright slogan og".split()
)
# Set phrases that hold a name or a label, whatever their words are elsewhere.
PHRASES = re.compile(
    r"raison_social|mot_de_passe|etat_civil|situation_(?:famil|matri|prof|empl)|question_text|texte_question|help_?text|commit_message"
    r"|(?:browser|device|system|payment|version)_info|(?:^|_)reply_to(?:$|_)|social_?(?:network|media)|reseaux?_soci|(?:legal|lawful)_bas[ei]s|base_legale"
    r"|(?:type|kind|category|categorie|class|classe|code)_(?:desc|descr|description)$|(?:smtp|http|api|gateway|ldap|server)_(?:[a-z]+_)?(?:response|reply|request|answer|message)"
    r"|how_(?:heard|many|much|often|long|did_you_hear)"
)
# ... and those that are free text, whatever their words are elsewhere.
IDIOMS = re.compile(
    r"etat_(?:de_)?(?:sante|general|cutane|psych|physique|nutri|emotion|esprit)|(?:mode|style|cadre)s?_de_vie|liens_(?:famil|soci|affect|parent)|position_(?:famil|parent|mere|pere|enfant)|(?:element|point|fait)s?_cles?"
    r"|key_(?:point|finding|issue|event|concern|message|takeaway|learning)|ce_?qu[ei]_|mental_(?:state|status)|(?:red|warning)_(?:flag|sign)|next_steps?|prochaines?_etapes?"
    r"|(?:sujet|topic|theme|issue)s?_(?:abord|evoqu|discuss|cover|rais)|regime_alim|nature_(?:of|de|du)_|(?:version|chain)_of_events|state_of_mind|modes?_operatoire|main_courante|mots?_(?:aux_|des_)?(?:parent|famil|carnet|liaison)|on_examination"
)
# Words that tell which language a name is in; the words of grammar first.
ENGLISH = frozenset(
    "of for about to with from the and by was who what why how when self risk other additional further previous current known reason "
    "detail feedback concern need behaviour behavior finding strength weakness comment remark summary history information complaint "
    "problem issue goal outcome background assessment requirement answer request report knowledge preference statement missing work "
    "student patient employee customer manager person meeting view response staff teacher child pupil care health family housing given "
    "provided made taken agreed discussed arrangement".split()
)
FRENCH = frozenset(
    "de du des d la le les en aux au par pour sur et non sans commentaire motif raison remarque observation consigne suivi bilan reponse "
    "demande entretien difficulte besoin antecedent allergie precision objectif traitement personne avis constat resume synthese "
    "complement complementaire renseignement autre libre conduite regime situation mesure souhait attente circonstance lien metier poste "
    "echange compte rendu famille equipe eleve enfant usager projet sante vie travail accueil seance sortie arrivee depart visite "
    "logement salarie".split()
)
# Before these, the head of a French name stands.
ADJECTIVES = frozenset(
    "dernier derniere premier premiere prochain prochaine nouveau nouvelle ancien ancienne autre autres".split()
)
# Before these, the head of an English name stands: reason_for_referral, description_of_concern.
BEFORE = frozenset("of for about to with from in on by regarding".split())
# Who ends a name with one of these wants what the list beside it has not: lien_autre_precision, type_other.
SPECIFIED = frozenset(
    "precision precisez autre other detail specify specified explain explanation complement".split()
)
# What was or is to be done, behind what it was done to: actions_taken, mesures_prises.
DONE = re.compile(
    r"taken$|given$|made$|done$|[a-z]{3,}ed$|(?:pris|prevu|realis|propos|effectu|utilis|convenu|decid|recommand|envisag|entrepri|prescri|observ|rencontr|mene|souhait|donne)"
    r"[a-z]{0,3}$"
)
# What is to be done: points_a_travailler, a_savoir.
TO_DO = re.compile(r"(?:^|_)a_[a-z]+(?:er|re|oir|ir)(?:$|_(?:pour|avant|apres|lors|au|aux|en|la|le|ce)_)")
# What is asked is answered freely: what_happened, who_is_at_risk.
ASKED = frozenset("what why who how because pourquoi".split())
# A word that names a note, but in tables about things...
PROBABLE = frozenset(
    "suivi rapport bilan synthese summary circonstance explication explanation antecedent transmission constat precision consigne "
    "entretien plainte grief recit assessment interpretation complaint complement compl discussion particularite difficulte difficulty "
    "subjective objective teneur rem impression opinion propos dire deroulement preconisation recommandation recommendation comportement "
    "behaviour behavior attitude finding testimony allegation illness writeup recap synopsis rationale grievance excuse desiderata diary "
    "carnet specificite motif raison reason diagnostic diagnosis circonst allergie conduite restriction besoin need mesure motivation "
    "saisie concern followup souhait attente symptome symptom reclamation intervention doleance vecu parcours background outcome "
    "objection advice reaction habit habitude lifestyle vigilance requirement maladie strength weakness achievement improvement goal "
    "objectif challenge barrier consequence disclosure progres expectation reussite defi obstacle frein atout desaccord litige risk "
    "risque vulnerability vulnerabilite fragilite harm soutien adjustment circumstance trauma abuse pathologie guidance accompagnement "
    "inquietude preoccupation crainte hypothese restitution croyance volonte intolerance prejudice amenagement parole personnalite "
    "debrief debriefing deroule chronologie chronology synthesis contrainte reproche manquement reticence reflexion reflection "
    "eclaircissement constatation questionnement interrogation potentialite lacune empechement souffrance blessure sequelle faiblesse "
    "envie aspiration ambition suggestion revendication remerciement felicitation encouragement mecontentement insatisfaction expose "
    "levier atcd hx pmh hdm hpi psychosocial safeguarding wish feeling thought apology grounds injury accomplishment prognosis hardship "
    "judgement judgment reasoning clarification particulars caveat worry fear struggle praise compliment criticism misconduct accusation "
    "confession limitation explain describe specify elaborate preciser precisez expliquer expliquez decrire decrivez wellbeing diagnos "
    "detail rens renseignement justification justif resolution reclam divers probleme problem amelioration argumentaire declaration "
    "conclusion echange statement decision examen examination situation evaluation eval incident relance fait narration conversation "
    "clinique clinical axe conseil other autre report fact contention consideration temoin addiction avis cause proposition progress expl "
    "savoir noter realisation progression review interview investigation consultation exam remonte follow evenement impact lettre letter "
    "correspondance retentissement addendum signalement precaution offence offense demeanour demeanor handover rebuttal misuse malaise".split()
)
# ... one that does so in tables about persons, since programs and pages write it too...
MAYBE = frozenset(
    "message msg body corps contenu content texte text txt resume story reply reponse informations infos descr comm com cr compte desc "
    "description descriptif histo historique history journal zone contexte context info information instruction instr demande request "
    "answer travaux log entry entree alert alerte argument solution retour interne internal prive private step histoire "
    "biographie biography bio presentation abstract knowledge skill preference analyse analysis protocole support evidence purpose "
    "experience response workaround".split()
)
# ... one that does so there only: elsewhere the comment and the content decide...
WEAK = frozenset(
    "action suite plan projet project activity activite traitement treatment point soin posologie prescription programme devoir ordre "
    "evolution remede special particulier particulierement misc extra additional additionnel complementaire long result resultat devis "
    "nursing discharge care introduction direction condition issue ongoing social medical disposition portrait profil development safety "
    "orientation fort faible effet effect secondaire vie environnement relation autonomie participation implication engagement adhesion "
    "positionnement element moyen piste surveillance trouble chute dommage degat sommeil humeur alimentation loisir gout hygiene reserve "
    "secours retenir signaler devenir directive expertise audition preparation view word insight factor trigger attempt lesson "
    "accommodation provision hope mood diet dietary pastoral breach further obligation punition adequation recours interet priorite "
    "urgence appui relationnel emotion douleur sleep nutrition communication capacity capacite assistance target pros cons likes dislikes "
    "know and et strategy strategie pattern quote voice limite minute gap climat mobilite travail itineraire defense defence ressource "
    "desordre remedy account basis mechanism involvement violence aide qualite arrangement expression entourage accord ambiance rituel "
    "submission demarche accident essay influence life scenario ecart measure perspective facteur indication mediation witness".split()
)
# ... and one that names one where the table's name says that it holds notes...
VALUE = frozenset("value val valeur raw post data donnee champ field".split())
# Of these, what happens to a person and may have an hour and a place: as the head of the name only (incident_town is a town).
EVENTS = frozenset(
    "incident evenement demande request consultation intervention entretien echange conversation complaint reclamation plainte grievance "
    "interview investigation review trauma litige alert alerte relance correspondance other autre".split()
)
# A word that names something else than a note.
OTHER = frozenset(
    "adresse adr addr address rue voie street ville city commune pays country region departement cp postal zip nom name names prenom "
    "firstname lastname surname nickname pseudo raisoc email mail courriel iban bic rib nir tel telephone phone portable mobile fax siret "
    "siren tva vat naf ape civilite civility login user username utilisateur mdp password passe role ip host domaine domain devise "
    "currency unite unit marque brand immatriculation plaque auteur author agent createur created updated par by source canal channel "
    "objet sujet subject profession metier fonction poste job enseigne societe company organisme produit product article photo image "
    "avatar xml json html sql query genre sexe sex medecin praticien doctor personne person responsable contact president cabinet "
    "prestataire expediteur destinataire recipient sender lieu place location localisation chambre room service section tournee matiere "
    "matricule signature secret token hash site website web keyword tag label titre title intitule libelle lib design designation "
    "rubrique menu formule mention legale mentions mandat serial sku locale medicament carrier transporteur courriers provider "
    "fournisseur agence magasin banque bank town village montant amount salaire salary bonus discount reward remise relationship religion "
    "ethnicity ethnie nationality nationalite structure organisation organization school ecole horodatage cote quartier etage coordonnee "
    "interlocuteur telephonique duree duration jointe joint jointes justificatif accession shift transaction infraction".split()
)
# Of these, who may have written a text, or be the one that it is about: the name of a text may say whose it is.
ROLES = frozenset(
    "user utilisateur author auteur agent sender expediteur contact personne person responsable medecin doctor praticien "
    "interlocuteur prestataire provider destinataire recipient fournisseur president cabinet company societe structure organisation organization school ecole".split()
)
# Tables about persons and what happens to them...
PERSONS = re.compile(
    r"(?:client|cli$|clt|customer|contact|adherent|assure|abonne|beneficiaire|locataire|patient|candidat|applicant|salarie|employe"
    r"|eleve|etudiant|student|pupil|usager|membre|member|prospect|tier|famille|family|debiteur|user|person|dossier|appel|call|interaction"
    r"|ticket|case|visit|consultation|relance|incident|issue|complaint|reclamation|intervention|contrat|contract|rdv|rendez|commande|cde$|order"
    r"|suivi|followup|sinistre|demande|request|lead|account|compte|partner|societe|encounter|appointment|referral|sejour|hospitali"
    r"|sanction|absence|entretien|interview|opportun|return|refund|fraud|signalement|demarche|impaye|resident|agent$|litige|action|bulletin"
    r"|soin|prescription|infirmerie|courrier|expertise|aide|social|creche|enquete|survey|satisfaction|commission|etat$|actioncomm|diagnos"
    r"|mail(?!ing)|email|discussion|solution|task|tache|admission|naissance|tutelle|curatelle|mineur|garde|menage|foyer|victime|plainte|application|candidature|borrower|reader|emprunteur|bug"
    r"|risk|assess|triage|therap|medication|treatment|traitement|supervision|attendance|leave|conge|personnel|staff|worker|habitant|enfant|child"
    r"|jeune|youth|parent|sante|medical|psych|parcours|saisine|accompagn|inscription|registration|enrol|insertion|objectif|goal"
    r"|citizen|citoyen|tenan|beneficiary|beneficiaries|volunteer|benevol|claim|safeguard|inmate|learner|apprenti|stagiaire|trainee|alumni|donor|donateur|guest|visitor|visiteur"
    r"|refugee|refugie|migrant|asyl|asile|homeless|shelter|intake|screening|outreach|enquir|inquir|surger|anesth|allerg|pregnan|grossesse|offence|offense|arrest|custody"
    r"|violence|abuse|harcel|harass|discrimin|accident|injur|blessure|behavio|comportement|liaison|meeting|reunion|placement|adopt|tuteur|tutors?$|recruit|recrut|onboarding"
    r"|evict|expuls|debt|surendett|household|relative|proche|foster|urgence|emergenc|concern|need|besoin|mesure|temoin|witness|session$|sessions$|invit|caregiver|carer|handover|questionnaire|reponse|fiche|repairs?$|reparation|depannage|reserv(?!e$|es$|oir)|booking|holiday|trouble|adjudic|donation|medecin|justice|prison|habitat|occupant|legal|juridi|locati|contentieu|accueil|gendarm|police$|dental|dentist|player|joueur|maternit|midwi|hebergement|permanence|scolaire|periscol"
    r"|birth|deces|death|health|mental|ambulan|nurs|wellbeing|deals?$|radiolog|sanitaire|parloir|decroch|hopital|hospital|clinic|seeker|mediation|bully|exit|natal|prenatal|assistant|assistance|parole|crime|criminal|penal|welfare|naturalis|conflict|conflit|dispute|hr$|rh$|maltrait|protection|judg|jugement|jury|audience|funer|obseque|church|parish|paroiss|pastor|passenger|passager|driver|chauffeur|conducteur|dependan|handicap|disab|elder|senior|veteran|retrait|agression|assault"
    r"|victim|offender|prisoner|detenu|counsel|coach|mentor|disciplin|punish|probation|court|hearing|bilan|decision|seance|profil|vaccin|symptom|patholog|investigat|grievance|appeal|crise|crisis|clinical|care$)"
)
# ... about notes themselves...
NOTES = re.compile(
    r"(?:comment|note|remarq|remark|observ|obs$|memo|annot|message|msg|conversation|feedback|review|journal|verbatim|correspondance"
    r"|suivi|followup|itilfollow|thread|chat|post(?!ing|al|es?$)|sms$|narrative|main$|courante|blocnote|historique$|echange|transmission|evaluation|avis$|opinion)"
)
# Of these, behind the letter that says whose or what the tables are: pnotes, tcommentaires.
NOTES_PREFIXED = re.compile(r"[a-z](?:notes|comments|commentaires?|remarques|observations|messages)")
# ... and about things, works and machines.
THINGS = re.compile(
    r"(?:produit|product|article|art$|catalog|tarif|modele|template|param(?!ed)|config|setting|i18n|traduction|translation|menu"
    r"|page|nomenclature|referentiel|ref$|enum|migration|log$|logs$|job|version|agence|magasin|categor|type|liste|macro|webhook"
    r"|campagne|campaign|rubrique|deliberation|marche|garantie|logement$|formation|consent|codes?$|script|cron|queue|cache"
    r"|permission|role|translation|locale|country|pays|cms|content$|faq|kb$|wiki|theme|layout|plugin|module|asset|medias?$|mediath|document"
    r"|policy|policies|automation|bots?$|canned|snippet|predefini|entite|entity|entities|device|computer|materiel|equipement|stock|inventory|inventaire|warehouse|entrepot|bareme|grille|schema|flag|feature"
    r"|books?$|livres?$|ouvrage|movie|film|song|album|oeuvre|artwork|exhibit|museum|musee|monument|spectacle|game|jeux?$|quests?$|achievement|plants?$|plante|arbre|tree|species|espece"
    r"|crop|parcelle|soil|sample|echantillon|experiment|publication|papers?$|standard|norme|laws?$|loi$|lois$|bylaw|arrete|reglement|election|sondage|newsletter|actualite|news$"
    r"|press$|server|serveur|domain|certificat|backup|sauvegarde|alarm|machine|engines?$|moteur|vessel|flight|trains?$|stations?$|routes?$|roads?$|voirie|bridge|reseaux?$|networks?$|chantier"
    r"|lots?$|sprint|milestone|dish|plats?$|restaurant|hotel|listing|annonces?$|glossar|dashboard|connections?$|lookups?$|mailings?$|locali[sz]ation|licen[cs]es?$|const$|constantes?$|constants?$|schedulers?$|recipes?$|recettes?$)"
)
# Places, offers, what is taught or built: less is said of persons there.
OFFERS = re.compile(
    r"(?:event|evenement|course|cours$|lesson|lecon|quiz|chapter|chapitre|training|program|batiment|building|propert|vehic|releases$|build|commit"
    r"|repositor|dataset|sensor|capteur|recipe|recette|drug|ingredient|notif|api$|endpoint|question|field|champ|addres|adresse|plans?$"
    r"|offre|offer|posting|vacanc|step|workflow|vulnerab|guideline|deploy|payment|paiement|room|salle|structure|etablissement|organi[sz]ation|facilit|sites?$|centre|center|school|ecole)"
)
# Of these, whatever else the name holds.
SURELY_THINGS = re.compile(
    r"(?:modele|template|param(?!ed)|config|setting|referentiel|ref$|translation|traduction|i18n|macro|webhook|nomenclature|enum|flux$|edi$|smtp$|https?$)"
)
# Tables of things that are called by a word for notes or persons.
THING_PHRASES = re.compile(
    r"release_notes?$|notes?_de_version|change_?logs?$|fiches?_(?:de_)?postes?$|job_(?:description|posting|offer)s?$"
)
# The head of a table that lists values, by its last word in English and its first in French: incident_type, motifs_sortie.
LISTS = re.compile(
    r"(?:types?|kinds?|categor(?:y|ies|ie)|status(?:es)?|statuts?|states?|levels?|niveaux?|roles?|reasons?|options?|codes?|scales?|modes?"
    r"|tags?|questions?|labels?|groups?|groupes?|definitions?|imports?|exports?|rules?)"
)
LISTS_FRENCH = re.compile(
    r"(?:types?$|types[a-z]{4}|statuts?$|statuts[a-z]{4}|niveaux|questions?$|categories?$|motifs?|natures?$|codes?$|regles?$)"
)
# Words that stand in a name for the kind of thing that it is, and say nothing: t_, txt_, str_.
NOISE = frozenset(
    "t tb tbl tab s str c col f fld v vc lb l p x m ld llx glpi mdl wp ohrm civicrm ost pre new old n input".split()
)
