-- Users name the actions that they write.
alter table run alter column action set data type varchar(32);
