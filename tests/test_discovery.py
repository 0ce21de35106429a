"""Scoring: what names a note is seen in French and English, and what only looks like one is not."""

from __future__ import annotations

import pytest

from motjuste import discovery
from motjuste.discovery import CLEAR, SHOWN, kin
from motjuste.model import Column

NOTES = [
    "crm.client.commentaire", "crm.client.commentaires", "crm.client.COMMENTAIRE_CLIENT", "crm.client.CommentaireAgent",
    "crm.client.t_commentaire", "crm.client.txt_obs", "crm.client.obs", "crm.client.observations", "crm.client.note",
    "crm.client.notes_internes", "crm.client.bloc_note", "crm.client.blocnote", "crm.client.zone_libre", "crm.client.rmq",
    "crm.client.remarques", "crm.client.memo", "crm.client.cmt", "crm.client.annotation", "crm.client.texte_libre",
    "crm.customer.notes", "crm.customer.user_comment", "crm.customer.free_text", "crm.customer.internal_remarks",
    "crm.interaction.compte_rendu", "crm.adherent.observation_adresse", "crm.dossier.suivi", "crm.call.summary",
    "crm.visite.rapport", "support.message.contenu", "crm.commande.consigne_livraison", "crm.client.infos",
    "support.ticket_comments.body", "crm.client.commentaire_agent", "crm.client.clicommentaire", "crm.CLI.CLI_OBS1",
    "crm.sejour.rques", "support.ticket.user_message", "support.ticket.message_utilisateur", "crm.client.rem", "crm.client.info_compl",
    "crm.client.notesperso", "crm.client.mot_libre", "crm.client.zl1", "crm.r.actionbody", "crm.issue.lastresult",
    "care.moves.additionalInformation", "care.echart.medicalhistory", "sante.resident.etat_sante", "sante.resident.mode_de_vie",
    "social.entretien.points_a_travailler", "social.entretien.sujets_evoques", "social.dossier.dernier_echange", "social.dossier.nature_of_concern",
    "care.patient.likes_and_dislikes", "care.incident.injuries", "care.patient.professional_judgement", "hr.panel_review.rationale_for_score", "crm.appel.suite_donnee",
]  # fmt: skip
# What may be a note is one where the table is about persons: the last word of the name decides, or the first, and no other.
MAY_BE_NOTES = [
    "crm.ticket.description", "crm.relance.motif", "crm.intervention.descriptif", "crm.call.report", "crm.visite.cr", "hr.absence.raison",
    "crm.commande.instructions_livraison", "crm.client.divers", "crm.demande.motifrefus", "referral.referral.reason_for_referral",
    "referral.referral.accessibility_needs", "referral.appointment.session_concerns", "care.encounter.diagnosis", "care.patient.allergies",
    "app.access_request.deny_reason", "app.user_blocks.reason", "app.appointment.no_session_reason_logistics",
    "app.appointment.attendance_failure_information", "app.referral.expected_release_date_missing_reason", "app.risk_information.who_is_at_risk",
    "sante.personne_concernee.lienAutrePrecision", "sante.incident.lieuDetail", "care.person.disabilityDetail", "care.incident.actions_taken",
    "social.incident.mesures_prises", "hr.performance_review.areas_for_improvement", "care.patient.description_of_concern",
]  # fmt: skip
DOUBTFUL = [
    "lib.usr_note.value", "care.stay.nursing_plan", "crm.affaire.description", "crm.affaire.message", "crm.organisations.besoins",
    "crm.livres.commentaire", "crm.cours.objectifs",
    "app.notifications.body", "crm.incident_type.comment",
]  # fmt: skip
OTHERS = [
    "crm.client.adresse", "crm.client.email", "crm.client.iban", "crm.client.nom", "crm.client.ville",
    "crm.produit.description", "crm.produit.libelle", "crm.article.texte", "crm.client.code", "crm.client.type_note",
    "crm.client.code_commentaire", "crm.client.libelle_note", "crm.client.note_id", "crm.client.url_commentaire",
    "crm.ticket.sujet", "crm.client.profession", "crm.modele_mail.corps", "crm.client.telephone", "crm.parametre.valeur",
    "crm.traduction.texte", "crm.client.commune", "crm.client.canal", "crm.client.auteur",
    "crm.historique.ancienne_valeur", "crm.client.contact_infos_url", "crm.client.timezone", "crm.rule.where_clause",
    "crm.canned_responses.content", "crm.user_group.description", "support.ticket.errormessage",
    "crm.incident_type.description", "crm.incident_type.value", "crm.order_status.description", "crm.motifs_sortie.description",
    "crm.tache_imports.message", "crm.delivery.status_detail", "crm.user.alt_text", "crm.invoice.tax_description", "crm.user_email.failure_reason",
    "crm.formateurs.metier_libre", "crm.client.complement_adresse", "crm.client.statut_demande", "crm.client.risk_level", "crm.client.mode_suivi",
    "crm.client.adresse_livraison", "crm.client.livraison", "care.incident.incident_town", "crm.contact.contact_relationship", "crm.client.ethnicity_other",
    "crm.survey.question_text", "crm.ticket.browser_info", "crm.client.montant_aide", "crm.client.transaction", "crm.famille.lien_parente", "crm.livres.resume", "crm.server.notes_count",
    "crm.client.statut_commentaire", "blog.posts.comment_status", "crm.client.note_status", "crm.ticket.error_message",
]  # fmt: skip


def scored(label: str, **other: object) -> Column:
    schema, table, name = label.split(".")
    return discovery.score(Column(schema, table, name, **other))  # type: ignore[arg-type]


@pytest.mark.parametrize("label", NOTES)
def test_notes_are_clear(label: str) -> None:
    found = scored(label)
    assert found.score >= CLEAR, found.reasons
    assert found.reasons


@pytest.mark.parametrize("label", MAY_BE_NOTES)
def test_what_may_be_a_note_is_one_where_the_table_is_about_persons(label: str) -> None:
    found = scored(label)
    assert found.score >= CLEAR, found.reasons
    schema, _, name = label.split(".")
    assert SHOWN <= scored(f"{schema}.affaire.{name}").score <= found.score


@pytest.mark.parametrize("label", DOUBTFUL)
def test_doubtful_columns_are_shown_for_a_person_to_decide(label: str) -> None:
    found = scored(label)
    assert SHOWN <= found.score < CLEAR, found.reasons


@pytest.mark.parametrize("label", OTHERS)
def test_other_text_columns_stay_below(label: str) -> None:
    found = scored(label)
    assert found.score < SHOWN, found.reasons


def test_comment_of_the_column_decides_a_doubt() -> None:
    assert scored("crm.affaire.description").score < CLEAR
    assert scored("crm.affaire.description", comment="texte libre de l'agent").score >= CLEAR
    assert (
        scored("crm.affaire.description", comment="Libellé court").score
        < scored("crm.affaire.description").score
    )


def test_short_and_constrained_columns_are_no_notes() -> None:
    assert scored("crm.client.note", kind="bpchar", size=2).score < SHOWN
    assert scored("crm.client.note", kind="varchar", size=10).score < SHOWN
    assert SHOWN <= scored("crm.client.note", kind="varchar", size=30).score < CLEAR
    assert scored("crm.client.note", listed=True).score < CLEAR
    assert scored("crm.ticket.description", rows=50_000, distinct=12).score < SHOWN
    assert scored("crm.client.note", kind="varchar", size=500).score >= CLEAR
    # as tables have them that came from a mainframe
    assert scored("crm.client.note", kind="bpchar", size=250).score >= CLEAR
    assert scored("crm.ticket.description", constrained=True).score < SHOWN


def test_json_key_is_read_instead_of_the_column() -> None:
    assert scored("support.appel.details", json_key="note", kind="jsonb").score >= CLEAR
    assert scored("support.appel.note", json_key="canal", kind="jsonb").score < SHOWN


def test_json_is_never_clear_since_it_cannot_be_watched() -> None:
    assert SHOWN > scored("support.appel.note", kind="json").score > 0
    assert scored("support.appel.note", kind="json", comment="texte libre").score < CLEAR


def test_rank_puts_the_likeliest_first() -> None:
    columns = [Column("a", "client", n) for n in ("email", "description", "commentaire")]
    assert [c.name for c in discovery.rank(columns)] == ["commentaire", "description"]
    assert len(discovery.rank(columns, 0)) == 3


def test_a_key_of_a_person_tells_about_whom_a_table_is() -> None:
    names = {
        "bloc": "id usager_id plan description",
        "livres": "id id_usager description",
        "atelier": "id client_id tenant_id user_id account_id plan description",
        "seance": "id_atelier PatientRef plan",
    }
    columns = [Column("crm", table, name) for table, some in names.items() for name in some.split()]
    found = kin.concerned(columns)
    assert found == {
        ("crm", "bloc"): "usager_id",
        ("crm", "livres"): "id_usager",
        ("crm", "seance"): "PatientRef",
    }
    told = {c.label: discovery.score(c, found.get((c.schema, c.table), "")) for c in columns}
    assert told["crm.bloc.plan"].score >= CLEAR > told["crm.atelier.plan"].score
    assert told["crm.bloc.description"].score >= CLEAR > told["crm.atelier.description"].score
    assert told["crm.livres.description"].score < SHOWN  # of a thing, whoever borrows it
    assert "beside `usager_id`" in told["crm.bloc.plan"].reasons


def test_names_without_a_letter_are_answered() -> None:
    assert scored("crm.x.🙂").score < SHOWN
    assert discovery.words('"Bloc;Note"') == ["bloc", "note"]
    assert discovery.words("COMMENTAIREClient2") == ["commentaireclient"]


# -- who wrote, when, about whom ------------------------------------------------------------------------------------------

# table: its columns, `*` its key, `@` a date, `?` a truth value, `>` where a foreign key leads; author, moment and subject
BESIDE = {
    # of Dolibarr, with its foreign keys
    "llx_adherent": (
        "*rowid gender lastname login pass fk_adherent_type>llx_adherent_type societe fk_soc>llx_societe email @birth @datefin"
        " @datevalid @datec @tms fk_user_author fk_user_mod fk_user_valid", "fk_user_author datec rowid",
    ),
    "llx_societe": (
        "*rowid nom code_client fk_departement fk_stcomm client supplier_account @date_birth @tms @datec fk_user_creat fk_user_modif",
        "fk_user_creat datec rowid",
    ),
    "llx_propal": (
        "*rowid ref ref_client fk_soc>llx_societe @tms @datec @datep @fin_validite @date_valid fk_user_author>llx_user"
        " fk_user_modif>llx_user fk_user_valid>llx_user", "fk_user_author datec fk_soc",
    ),
    "llx_actioncomm": (
        "*id @datep @datep2 code @datec @tms fk_user_author fk_user_mod fk_soc>llx_societe fk_contact fk_user_action fk_user_done",
        "fk_user_author datec fk_soc",
    ),
    "llx_user": (
        "*rowid employee @datec @tms fk_user_creat fk_user_modif login user_mobile @datelastlogin iplastlogin",
        "fk_user_creat datec -",
    ),
    # of other houses
    "clients": ("*id nom login @created_at @updated_at", "- created_at id"),
    "note_client": ("*id client_id>clients user_id>users updated_by @updated_at @created_at", "user_id created_at client_id"),
    "appels": ("*id agent saisi_par ?agent_absent id_client @appel_le", "saisi_par appel_le id_client"),
    "journal": ("*id user_agent login @at", "login at -"),
    "comptes": ("*id client_id>clients gestionnaire", "gestionnaire - client_id"),
    "sessions": ("*id user_agent @started_at", "- started_at -"),
}  # fmt: skip


@pytest.mark.parametrize("table", BESIDE)
def test_who_wrote_when_and_about_whom(table: str) -> None:
    written, expected = BESIDE[table]
    beside = []
    for word in written.split():
        name, _, leads_to = word.lstrip("*@?").partition(">")
        kind = {"@": "D", "?": "B"}.get(word[0], "S")
        beside.append(kin.Neighbour("public", table, name, kind, leads_to, key=word[0] == "*"))
    [found] = kin.with_kin([Column("public", table, "note_private")], beside, {})
    assert [found.author or "-", found.moment or "-", found.subject or "-"] == expected.split()
