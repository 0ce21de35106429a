-- migrate:up@outside@
@header@
@plain@
-- migrate:down
@down@
