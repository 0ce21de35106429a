\restrict abcDEF123

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: audit; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA audit;

--
-- Name: SCHEMA public; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA public IS '';

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS ltree WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE TYPE public.ticket_state AS ENUM (
    'open',
    'waiting; really',
    'closed'
);

CREATE DOMAIN public.short_label AS character varying(80)
	CONSTRAINT short_label_check CHECK ((length((VALUE)::text) > 0));

CREATE DOMAIN public.free_text AS public.citext;

CREATE TYPE public.address AS (
	street text,
	city character varying(100)
);

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  -- CREATE TABLE not_here (id int); inside a body
  NEW.updated_at := now(); RETURN NEW;
END;
$_$;

CREATE FUNCTION public.atomic_one(integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
        CASE
            WHEN ($1 > 0) THEN 1
            ELSE 2
        END AS "case";
 SELECT ($1 + 1);
END;

CREATE AGGREGATE public.concat_all(text) (
    SFUNC = textcat,
    STYPE = text,
    INITCOND = ''
);

CREATE OPERATOR public.=~= (
    FUNCTION = texteq,
    LEFTARG = text,
    RIGHTARG = text
);

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.accounts (
    id bigint NOT NULL,
    email public.citext DEFAULT ''::public.citext NOT NULL,
    settings public.hstore,
    path public.ltree,
    main_address public.address,
    tags character varying[] DEFAULT '{}'::character varying[],
    notes public.free_text,
    label public.short_label,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

COMMENT ON TABLE public.accounts IS 'who pays';
COMMENT ON COLUMN public.accounts.notes IS 'texte libre; saisi par l''agent';

CREATE SEQUENCE public.accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.accounts_id_seq OWNED BY public.accounts.id;

CREATE TABLE public.tickets (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    state public.ticket_state DEFAULT 'open'::public.ticket_state NOT NULL,
    body text,
    body_tsv tsvector GENERATED ALWAYS AS (to_tsvector('french'::regconfig, COALESCE(body, ''::text))) STORED,
    price numeric(12,2),
    period tstzrange,
    internal_comment text,
    CONSTRAINT check_body CHECK ((char_length(body) <= 10000))
)
PARTITION BY RANGE (id);

CREATE TABLE public.tickets_1 (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    state public.ticket_state DEFAULT 'open'::public.ticket_state NOT NULL,
    body text,
    body_tsv tsvector GENERATED ALWAYS AS (to_tsvector('french'::regconfig, COALESCE(body, ''::text))) STORED,
    price numeric(12,2),
    period tstzrange,
    internal_comment text,
    CONSTRAINT check_body CHECK ((char_length(body) <= 10000))
);

ALTER TABLE ONLY public.tickets ATTACH PARTITION public.tickets_1 FOR VALUES FROM ('1') TO ('1000');

CREATE UNLOGGED TABLE audit.logged_actions (
    event_id bigint NOT NULL,
    row_data jsonb,
    changed_fields public.hstore,
    client_query text
);

ALTER TABLE ONLY public.accounts ALTER COLUMN id SET DEFAULT nextval('public.accounts_id_seq'::regclass);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tickets_1
    ADD CONSTRAINT tickets_1_pkey PRIMARY KEY (id);

ALTER INDEX public.tickets_pkey ATTACH PARTITION public.tickets_1_pkey;

CREATE UNIQUE INDEX index_accounts_on_email ON public.accounts USING btree (email);
CREATE INDEX index_tickets_on_body ON ONLY public.tickets USING gin (body public.gin_trgm_ops);
CREATE INDEX index_accounts_lower ON public.accounts USING btree (lower((label)::text), id DESC NULLS LAST) INCLUDE (tags) WHERE (id > 0);

CREATE VIEW public.ticket_overview AS
 WITH RECURSIVE last AS (
         SELECT DISTINCT ON (t.account_id) t.account_id,
            t.body,
            t.id
           FROM public.tickets t
          ORDER BY t.account_id, t.id DESC
        )
 SELECT a.id AS account_id,
    a.email,
    (a.email)::text AS email_text,
    lower((a.label)::text) AS lower,
    count(t.id) FILTER (WHERE (t.state = 'open'::public.ticket_state)) AS open_count,
    max(t.price) AS max_price,
    string_agg(t.body, '; '::text ORDER BY t.id) AS bodies,
    (EXISTS ( SELECT 1
           FROM audit.logged_actions l
          WHERE (l.event_id = a.id))) AS logged,
    COALESCE(last.body, 'none'::text) AS last_body,
        CASE
            WHEN (a.notes IS NULL) THEN 'x'::text
            ELSE (a.notes)::text
        END AS note_or_x,
    (a.settings OPERATOR(public.->) 'color'::text) AS color,
    (a.main_address).city AS city,
    ARRAY( SELECT x.x
           FROM unnest(a.tags) x(x)) AS tag_list,
    date_trunc('month'::text, a.created_at) AS month,
    (a.created_at)::date AS created_at,
    EXTRACT(year FROM a.created_at) AS "year"
   FROM ((public.accounts a
     LEFT JOIN public.tickets t ON ((t.account_id = a.id)))
     LEFT JOIN last USING (account_id))
  WHERE (a.id IS DISTINCT FROM 0)
  GROUP BY a.id, last.body;

CREATE MATERIALIZED VIEW public.account_stats AS
 SELECT row_number() OVER (ORDER BY (count(*)) DESC) AS rank,
    accounts.id,
    (count(*) * 100) / 3 AS pct,
    avg(length((accounts.notes)::text)) AS avg_len
   FROM public.accounts
  GROUP BY accounts.id
  WITH NO DATA;

CREATE OR REPLACE VIEW public.with_star AS
 SELECT accounts.*,
    1 AS one
   FROM public.accounts;

CREATE TRIGGER touch_accounts BEFORE UPDATE ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.touch();

CREATE RULE no_delete AS
    ON DELETE TO public.accounts DO INSTEAD NOTHING;

ALTER TABLE public.tickets
    ADD CONSTRAINT fk_rails_1 FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE public.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.accounts USING ((id > 0)) WITH CHECK (true);

SET search_path TO "$user", public;

CREATE TABLE schema_migrations (version character varying NOT NULL);
INSERT INTO "schema_migrations" (version) VALUES
('20250101000000'),
('20250101000001');

\unrestrict abcDEF123
