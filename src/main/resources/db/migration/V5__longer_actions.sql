-- Actions are named by whoever writes them.
alter table run alter column action set data type varchar(32);
