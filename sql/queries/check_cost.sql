-- Milliseconds that the check of a note takes on this server, from plain notes of 300 characters or so: the median of a few, one by one, as single writes are checked.
do $$
declare
    began timestamptz;
    took float8[] := '{}';
    note constant text := 'Rappelé ce matin, absent, message laissé au standard. Demande un duplicata de la facture et le détail du dernier relevé ; '
        'envoi par courrier à la nouvelle adresse, copie au service comptable. Rendez-vous fixé jeudi à 14 h 30 avec le technicien, accès par la cour. ';
begin
    for i in 1 .. 9 loop
        began := clock_timestamp();
        perform count(*) from motjuste.found(array[note || i]);
        took := took || extract(epoch from clock_timestamp() - began)::float8 * 1000;
    end loop;
    perform set_config('motjuste.cost', (select percentile_cont(0.5) within group (order by x) from unnest(took) as x (x))::text, false);
end
$$
