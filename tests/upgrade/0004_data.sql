-- What a user of version 4 had: watched columns of every mode and kind, findings in every status, logs.
comment on schema motjuste is 'motjuste schema 4 6d2f0b6f3cd7c3f2b7d2a5e0e9a1c4b88c1a7f0e2f6d4b3a9c8e7d6f5a4b3c2d';
create schema crm;
create table crm.client (id int primary key, note text, agent text);
create table crm.visite (id int, le date, note text, primary key (id, le)) partition by range (le);
create table crm.visite_01 partition of crm.visite for values from ('2026-01-01') to ('2026-02-01');
create table crm.memo (note text);
create table crm.ticket (id int primary key, data jsonb);
create table crm.partie (id int primary key, note text);
select motjuste.attach('crm.client', 'note', 'block', author_column => 'agent');
select motjuste.attach('crm.visite', 'note', 'flag');
select motjuste.attach('crm.memo', 'note', 'warn');
select motjuste.attach('crm.ticket', 'data', 'mask', 'note');
select motjuste.attach('crm.partie', 'note', 'flag');
drop table crm.partie;
insert into crm.client values (1, 'Client alcoolique.', 'zoe') on conflict do nothing;
insert into motjuste.finding
    (relation, column_name, row_key, note_digest, rule_id, category, level, start, length, status, reason)
select 'crm.client', 'note', '{"id": 1}', motjuste.digest('Client alcoolique.'), 'sante-alcool', 'sante', 'block', 7, n, s, 'r'
from unnest(array['open', 'accepted', 'dismissed', 'tolerated', 'corrected', 'redacted']) with ordinality as x (s, n)
where n = 1;
insert into motjuste.bypass (relation, column_name, rows, reason) values ('crm.client', 'note', 3, 'reprise');
insert into motjuste.bypass_role values ('postgres');
insert into motjuste.failure (relation, column_name, sqlstate) values ('crm.client', 'note', '42P01');
