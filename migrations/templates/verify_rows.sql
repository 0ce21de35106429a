insert into pg_temp.motjuste_edit
select @key_read@x.n -> 0, decode(x.n ->> 1, 'hex')
from jsonb_array_elements('[
@rows@
]') as x (n)@key_from@;
