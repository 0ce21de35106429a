drop table user_ban; drop table user_;
