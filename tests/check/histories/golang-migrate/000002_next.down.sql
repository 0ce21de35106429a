DROP VIEW reconciler_changesets;
