drop function diesel_set_updated_at();
