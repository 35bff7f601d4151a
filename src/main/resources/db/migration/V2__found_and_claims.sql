-- Where the spec's relative paths start, so that a run can be gone on with.
alter table run add column directory varchar(4096) not null default '';

-- What steps found on hosts before they changed something; what rollback gives back.
create table found (
    id         bigint generated always as identity primary key,
    run        varchar(32)  not null references run (id),
    host       varchar(253) not null,
    address    varchar(253) not null,
    step       varchar(128) not null,
    line       text         not null,     -- encrypted, as it may be a file's content
    given_back boolean      not null default false
);
create index found_address on found (address);

-- Engines that write, each a process or what was one.
create table engine (
    id      varchar(36)  primary key,
    host    varchar(253) not null,
    boot    varchar(128) not null,        -- which boot and process name space pid belongs to
    pid     bigint       not null,
    began   bigint       not null,        -- the process's start, as that system counts; a pid may be used again
    written bigint       not null,        -- the number of its last transaction
    seen_at timestamp(3) with time zone not null
);

-- Who works on which cluster and host.
create table claim (
    name   varchar(300) primary key,      -- cluster/NAME or host/ADDRESS
    run    varchar(32)  not null,         -- may not have begun
    engine varchar(36)  not null references engine (id) on delete cascade
);
create index claim_run on claim (run);

-- One row, locked by the engine that claims.
create table claim_turn (
    id integer primary key
);
insert into claim_turn (id) values (1);
