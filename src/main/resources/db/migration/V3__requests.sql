-- What clients named their requests, so that one that is sent again begins no second run.
create table request_key (
    name   varchar(255) primary key,
    digest text         not null,         -- of the request; encrypted, as its spec may hold a weak password
    run    varchar(32)  not null references run (id)
);

-- Whether the spec came from somebody who may not name the engine's files and variables.
alter table run add column confined boolean not null default false;
update run set confined = true where source = 'http';
