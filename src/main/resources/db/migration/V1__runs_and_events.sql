-- A run, as it was asked for and as it stands.
create table run (
    id          varchar(32)  primary key,
    cluster     varchar(253) not null,
    action      varchar(16)  not null,
    source      varchar(16)  not null,      -- command, inbox, http
    rehearsal   boolean      not null,
    spec        text         not null,      -- secrets replaced
    state       varchar(16)  not null,
    exit_status integer,
    created_at  timestamp(3) with time zone not null,
    ended_at    timestamp(3) with time zone
);
create index run_created on run (created_at);

-- What happened in a run, in order. Everything that is shown of a run is drawn from here.
create table event (
    run     varchar(32)  not null references run (id),
    seq     bigint       not null,
    at      timestamp(3) with time zone not null,
    type    varchar(32)  not null,
    host    varchar(253),
    step    varchar(128),
    attempt integer      not null,
    message text         not null,
    data    text         not null,          -- JSON
    primary key (run, seq)
);
