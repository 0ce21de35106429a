-- The demo's database: an invented supplier of energy and home services. Thirteen tables, seven with notes.

create schema crm;
create schema support;

create table crm.agence (
    code char(4) primary key,
    libelle text not null,
    adresse text not null
);

create table crm.agent (
    login text primary key,
    nom text not null,
    email text not null,
    agence char(4) not null references crm.agence
);

create table crm.client (
    id int primary key,
    civilite text not null,
    nom text not null,
    prenom text not null,
    email text not null,
    telephone text not null,
    adresse text not null,
    ville text not null,
    iban text not null,
    commentaire text,
    modifie_par text references crm.agent
);

create table crm.produit (
    code text primary key,
    libelle text not null,
    description text not null
);

create table crm.contrat (
    client_id int not null references crm.client,
    numero int not null,
    produit text not null references crm.produit,
    statut text not null,
    observations text,
    primary key (client_id, numero)
);

-- One partition a month, made by sql/demo/partition.sql.
create table crm.interaction (
    id int not null,
    jour date not null,
    client_id int not null references crm.client,
    agent text not null references crm.agent,
    canal text not null,
    objet text not null,
    compte_rendu text,
    primary key (id, jour)
) partition by range (jour);

-- No key: an export of the old system, loaded as it came.
create table crm.relance (
    client_id int,
    echeance date,
    montant numeric(8, 2),
    remarque text
);

create table crm.document (
    client_id int not null references crm.client,
    type text not null,
    titre text not null,
    chemin text primary key
);

create table support.ticket (
    id uuid primary key,
    client_id int not null references crm.client,
    sujet text not null,
    statut text not null,
    note_interne text
);
comment on column support.ticket.note_interne is 'texte libre de l''agent, jamais vu du client';

create table support.appel (
    id int primary key,
    client_id int not null references crm.client,
    agent text not null references crm.agent,
    details jsonb not null
);

create table support.intervention (
    id int primary key,
    client_id int not null references crm.client,
    lieu text not null,
    bloc_note varchar(2000)
);

create table support.modele_reponse (
    code text primary key,
    titre text not null,
    corps text not null
);

create table support.parametre (
    cle text primary key,
    valeur text not null
);

-- The application's role: it knows nothing of motjuste.
create role accueil login;
grant usage on schema crm, support to accueil;
grant select, insert, update on all tables in schema crm, support to accueil;
