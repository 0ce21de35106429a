create table customer (
    id bigint generated always as identity,
    comments varchar(4000),
    primary key (id)
);
create table "Orders" (id uuid default gen_random_uuid() primary key, customer_id bigint constraint fk_c references customer (id), remark varchar(500), amount money);
