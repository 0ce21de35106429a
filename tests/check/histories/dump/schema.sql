--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

CREATE PROCEDURE public.do_it(IN a integer, INOUT b text)
    LANGUAGE plpgsql
    AS $$ begin b := 'x'; end $$;

CREATE TABLE public."Weird ; Name" (
    "id" integer NOT NULL,
    "comment ""x""" text
);

CREATE TABLE public.notes (
    id integer NOT NULL,
    body text,
    "timestamp" timestamp without time zone,
    kind character(1) DEFAULT 'a'::bpchar,
    raw "char",
    vec double precision[],
    ivl interval(3),
    ivy interval year to month
);

ALTER TABLE public.notes OWNER TO some_owner;

ALTER TABLE public.notes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW public.circular AS
SELECT
    NULL::integer AS id,
    NULL::text AS body;

COPY public."Weird ; Name" ("id", "comment ""x""") FROM stdin;
1	it's; a "note" with $$ and -- things
2	\\.
3	CREATE TABLE not_this (x int);
\.

COPY public.notes (id, body) FROM stdin WITH (FORMAT csv);
1,"a;b"
\.

SELECT pg_catalog.setval('public.notes_id_seq', 1, true);

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);

CREATE OR REPLACE VIEW public.circular AS
 SELECT n.id,
    n.body
   FROM public.notes n
  GROUP BY n.id;

ALTER TABLE ONLY public.notes REPLICA IDENTITY FULL;
ALTER TABLE public.notes CLUSTER ON notes_pkey;
CREATE STATISTICS public.st ON id, body FROM public.notes;
REVOKE ALL ON TABLE public.notes FROM PUBLIC;
GRANT SELECT ON TABLE public.notes TO reader;
CREATE PUBLICATION p FOR TABLE public.notes;
ALTER DEFAULT PRIVILEGES FOR ROLE some_owner IN SCHEMA public GRANT SELECT ON TABLES TO reader;
