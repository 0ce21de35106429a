insert into pg_temp.motjuste_edit
select @key_read@@first@ + x.i, x.n -> 0, decode(x.n ->> 1, 'hex'), decode(x.n ->> 2, 'hex'),
    (x.n -> 3 -> 0 ->> 0)::int + 1, (x.n -> 3 -> 0 ->> 1)::int, x.n -> 3 -> 0 ->> 2,
    case when jsonb_array_length(x.n -> 3) > 1 then x.n -> 3 end
from jsonb_array_elements('[
@rows@
]') with ordinality as x (n, i)@key_from@;
