/// One setting: where it is read, what it is without being set, and why.
struct SettingDescription: Sendable {
    /// In a YAML file the words are levels (`database: { url: … }`); as a variable they are `MAINSTAY_DATABASE_URL`.
    let key: String
    /// As text; nil where there is none and the feature is off or the command asks for it.
    let standard: String?
    let summary: String
    var isSecret = false

    /// The variable that sets it.
    var variable: String { "MAINSTAY_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined() }
}

/// Every setting there is. The README's table is written from this list, and a test compares the two.
enum SettingsReference {
    static let all: [SettingDescription] = stores + ingress + engine + providers + client

    static let stores: [SettingDescription] = [
        .init(
            key: "database.url", standard: nil,
            summary: "PostgreSQL as role `mainstay_server`, which owns nothing: ingress and workers refuse any other kind",
            isSecret: true),
        .init(key: "migration.url", standard: nil, summary: "PostgreSQL as role `mainstay_owner`: only `migrate` uses it", isSecret: true),
        .init(
            key: "reporting.url", standard: nil, summary: "PostgreSQL as role `mainstay_reporting`: `report` reads views and nothing else",
            isSecret: true),
        .init(
            key: "database.pool.size", standard: "6",
            summary: "connections of one process; a few that are busy beat many that wait, and each is a server process"),
        .init(
            key: "database.pooler", standard: "false",
            summary: "`true` behind a transaction-mode pooler (pgbouncer): unnamed statements, nothing that outlives a transaction"),
        .init(
            key: "redis.url", standard: nil,
            summary: "the Redis of the queues; it must sync its log on every write (`appendfsync always`); `?cluster=true` for a cluster",
            isSecret: true),
        .init(
            key: "run.log.url", standard: nil,
            summary: "the Redis of the run logs, which needs no log of its own; without it the queues' Redis serves",
            isSecret: true),
    ]

    static let ingress: [SettingDescription] = [
        .init(key: "http.host", standard: "127.0.0.1", summary: "address to listen on; loopback until someone says otherwise"),
        .init(key: "http.port", standard: "8080", summary: "port of the ingress"),
        .init(
            key: "http.public.url", standard: nil,
            summary: "how the outside reaches this address, such as `https://agents.example`: begins addresses in feeds, cards and pages"),
        .init(
            key: "http.trusted.proxies", standard: "0",
            summary: "proxies of your own in front, each of which adds to `X-Forwarded-For`: by the address before them clients are told apart"),
        .init(key: "multi.user", standard: "false", summary: "`true` for more than the default workspace; the policies of the database are the same"),
        .init(
            key: "operations.key", standard: nil,
            summary: "what signs the sessions of pages, the same at every ingress behind one address; without it each start makes its own",
            isSecret: true),
        .init(key: "deletion.grace.days", standard: "30", summary: "days in which a deleted workspace can be restored"),
        .init(
            key: "audit.key", standard: nil,
            summary:
                "what checkpoints of the access log are signed with, as `id:secret`; older keys stay behind commas to check with; without it checkpoints are not signed",
            isSecret: true),
        .init(
            key: "core.version", standard: nil,
            summary: "version of the platform's core, such as `1.6.2`, by which plugins are judged; without it none is called incompatible"),
        .init(
            key: "oidc.issuer", standard: nil,
            summary: "OpenID Connect issuer whose tokens are taken beside our own, exactly as in `iss`: https, or http on loopback; off without it"),
        .init(
            key: "oidc.audience", standard: nil,
            summary: "what this installation is called at the issuer; tokens for anybody else are refused"),
        .init(
            key: "oidc.workspace.claim", standard: "workspace",
            summary: "claim that names a token's workspace; without it the header `X-Workspace` does"),
        .init(
            key: "oidc.link.by.email", standard: "false",
            summary: "`true` links an account that nobody knows to the user who has its verified address"),
        .init(
            key: "oidc.client.id", standard: nil,
            summary:
                "id of the client that this installation is at the issuer: with it people sign in to pages there; off without it; needs `MAINSTAY_HTTP_PUBLIC_URL`"
        ),
        .init(
            key: "oidc.client.secret", standard: nil,
            summary: "that client's secret; without it codes are exchanged as a public client, by their verifier alone", isSecret: true),
        .init(key: "metrics.port", standard: nil, summary: "port of a worker's own `/metrics`, `/livez` and `/readyz`; off without it"),
        .init(key: "log.level", standard: "info", summary: "`trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`"),
        .init(key: "log.format", standard: "text", summary: "`json` for machines: one object a line"),
    ]

    static let engine: [SettingDescription] = [
        .init(
            key: "partitions", standard: "1",
            summary: "partitions of each queue: one is exact for limits, more spread over a cluster; change it with empty queues and no open group"),
        .init(key: "window", standard: "500000", summary: "jobs in each of a class's four bulk lanes before others are parked by workspace"),
        .init(key: "burst", standard: "128", summary: "jobs of a class that a workspace may hold and still overtake those that hold more"),
        .init(
            key: "backlog.bound", standard: "1000000",
            summary: "jobs in a queue beyond which the ingress answers 503; a million 1-kB jobs are about 1.5 GB of Redis"),
        .init(
            key: "backlog.workspace.bound", standard: nil,
            summary:
                "jobs of one workspace in a queue beyond which the ingress answers it 429, and others not; jobs that wait for their time are not counted; without it half of `MAINSTAY_BACKLOG_BOUND`, and all of it unless `MAINSTAY_MULTI_USER`"
        ),
        .init(key: "batch.size", standard: "500", summary: "jobs in one transaction: where PostgreSQL's rate flattens"),
        .init(key: "batch.concurrency", standard: "3", summary: "batches that a worker has under way in each queue, and one more in a flood"),
        .init(
            key: "run.concurrency", standard: "64", summary: "inference runs that a worker carries at once; they wait for providers, not for cores"),
        .init(key: "lease.seconds", standard: "10", summary: "a worker not heard of for this long is dead and its jobs are taken over"),
        .init(key: "drain.seconds", standard: "20", summary: "what a leaving worker may use to finish; under the 30 s that Kubernetes gives"),
        .init(
            key: "retention.days", standard: "30", summary: "days that acceptances, outcomes and bodies of jobs are kept; `0` keeps them for ever"),
        .init(key: "worker.name", standard: nil, summary: "name of a worker in lists; the host's name without it"),
    ]

    static let providers: [SettingDescription] = [
        .init(
            key: "provider.url", standard: nil,
            summary: "base URL of a provider's API, with its version (`https://host/v1`); with no provider at all the scripted one answers, offline"),
        .init(key: "provider.key", standard: nil, summary: "its key", isSecret: true),
        .init(key: "provider.model", standard: nil, summary: "model of runs that name none; the provider's first choice, or `scripted` offline"),
        .init(
            key: "provider.format", standard: "openai",
            summary: "how the provider is spoken to: `openai`, `openai-responses`, `anthropic` or `openrouter`, see `ops/providers.md`"),
        .init(
            key: "provider.header.wait.seconds", standard: "30",
            summary:
                "seconds until a provider's answer begins; of all providers, and with a provider's name in it of that one (`MAINSTAY_PROVIDER_NAME_HEADER_WAIT_SECONDS`)"
        ),
        .init(key: "provider.first.token.seconds", standard: "120", summary: "seconds from there to the first token; likewise"),
        .init(key: "provider.idle.seconds", standard: "60", summary: "seconds between two tokens; likewise"),
        .init(
            key: "providers", standard: nil,
            summary: "names of further providers, with commas; the variables of each have its name in them, see `ops/providers.md`"),
        .init(
            key: "credentials.keys", standard: nil,
            summary:
                "what seals the secrets of workspaces (keys of providers, secrets of tools), as `id:base64` of 32 bytes; older keys stay behind commas; without it no secret is kept",
            isSecret: true),
        .init(
            key: "tools.allow", standard: nil,
            summary:
                "where tools may be called beside https on the open internet, with commas between: `10.1.0.0/16`, `tools.internal`, `.internal`"),
        .init(
            key: "prices", standard: nil,
            summary:
                "what models cost whose provider does not say it, with commas between: `MODEL INPUT OUTPUT [CACHED]` in US dollars for a million tokens"
        ),
    ]

    static let client: [SettingDescription] = [
        .init(
            key: "url", standard: "http://127.0.0.1:8080",
            summary:
                "the ingress that `chat`, `ticket`, `agent`, `profile`, `jobs`, `tool`, `credentials`, `budget`, `usage`, `directory`, `plugins list` and `plugins show` talk to"
        ),
        .init(key: "token", standard: nil, summary: "the bearer token that they show", isSecret: true),
        .init(key: "config", standard: nil, summary: "a YAML file with any of these settings; variables win over it"),
    ]

    static func description(of key: String) -> SettingDescription? { all.first { $0.key == key } }
}
