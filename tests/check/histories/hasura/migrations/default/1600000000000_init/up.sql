CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TABLE public.incident (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    comment text NOT NULL,
    updated_at timestamp with time zone DEFAULT now()
);
COMMENT ON TABLE public.incident IS 'incidents';
ALTER TABLE ONLY public.incident ADD CONSTRAINT incident_pkey PRIMARY KEY (id);
