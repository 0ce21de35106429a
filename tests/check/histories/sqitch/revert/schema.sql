drop schema crm cascade;
