-- The publications that replicate every table of the database, ours too as soon as they are there.
select p.pubname::text from pg_catalog.pg_publication as p where p.puballtables order by 1
