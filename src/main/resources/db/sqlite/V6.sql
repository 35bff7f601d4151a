-- The tables as db/migration has them from version 6 on. Times are milliseconds since 1970, in UTC.

-- A run, as it was asked for and as it is.
create table run (
    id          text    primary key,
    cluster     text    not null,
    action      text    not null,
    source      text    not null,           -- command, inbox, http
    rehearsal   boolean not null,
    spec        text    not null,           -- secrets replaced
    state       text    not null,
    exit_status integer,
    created_at  integer not null,
    ended_at    integer,
    directory   text    not null default '', -- where the spec's relative paths start, so that a run can be resumed
    confined    boolean not null default false -- whether the author of the spec may not name the engine's files and variables
);
create index run_created on run (created_at);

-- What happened in a run, in order. Everything that is shown of a run is drawn from here.
create table event (
    run     text    not null references run (id),
    seq     integer not null,
    at      integer not null,
    type    text    not null,
    host    text,
    step    text,
    attempt integer not null,
    message text    not null,
    data    text    not null,               -- JSON
    primary key (run, seq)
);

-- What steps found on hosts before they changed something; what a rollback restores.
create table found (
    id          integer primary key autoincrement,
    run         text    not null references run (id),
    host        text    not null,
    address     text    not null,
    step        text    not null,
    line        text    not null,           -- encrypted, as it may be a file's content
    rolled_back boolean not null default false
);
create index found_address on found (address);
create index found_run on found (run);

-- Engines that write, each a process or what was one.
create table engine (
    id      text    primary key,
    host    text    not null,
    boot    text    not null,               -- which boot and process name space pid belongs to
    pid     integer not null,
    began   integer not null,               -- the process's start, as that system counts; a pid may be used again
    written integer not null,               -- the number of its last transaction
    seen_at integer not null
);

-- Who works on which cluster and host.
create table claim (
    name   text primary key,                -- cluster/NAME or host/ADDRESS
    run    text not null,                   -- may not have begun
    engine text not null references engine (id) on delete cascade
);
create index claim_run on claim (run);
create index claim_engine on claim (engine);

-- What clients named their requests, so that one that is sent again begins no second run.
create table request_key (
    name   text primary key,
    digest text not null,                   -- of the request; encrypted, as its spec may hold a weak password
    run    text not null references run (id)
);
create index request_key_run on request_key (run);

-- Runs that were deleted. An engine removes the logs that it has of these, whichever engine deleted the run.
create table deleted_run (
    id         text primary key,
    deleted_at integer not null
);
