import Foundation
import TestSupport
import Testing

/// One of everything that has an id, in the default workspace.
struct StrangerSeeds: Sendable {
    /// Something that a path may name: by an id, or as an agent by its name.
    struct Thing: Sendable {
        let what: String
        let id: String
        let name: String

        init(_ what: String, id: String = UUID().uuidString.lowercased(), name: String = "") {
            self.what = what
            self.id = id
            self.name = name
        }
    }

    let ids: [Thing]
    let published: Thing
    let unpublished: Thing
    let unknown: Thing
    /// Another one, by which is seen how far two of them differ.
    let otherUnknown: Thing
    /// Of the report that is among `ids`; nil where there is none.
    let receipt: String?

    private static let workspace = "00000000-0000-7000-8000-000000000001"

    static func make(in deployment: Deployment) async throws -> StrangerSeeds {
        let ticket = try await made(deployment, "/v1/tickets", #"{"subject":"mine","body":"b"}"#)
        let run = try await made(deployment, "/v1/runs", #"{"messages":[{"role":"user","content":"Hello"}]}"#)
        let token = try await made(deployment, "/v1/tokens", #"{"name":"mine","scopes":["jobs:read"]}"#)
        let isolated = try await made(deployment, "/v1/agents?name=isolated", character("Isolated"))
        let memory = try await made(deployment, "/v1/memories", #"{"content":"mine"}"#)
        let harbor = try await made(deployment, "/v1/agents?name=harbor", character("Harbor"))
        _ = try await made(deployment, "/v1/agents/\(harbor)/publish", "{}")
        for job in [ticket, run] {
            let state = try await deployment.outcome(of: job)
            try #require(state == "done")
        }
        let profiled = try await deployment.command("profile", "--step", "test", "--", "/bin/sh", "-c", "exit 0")
        try #require(profiled.status == 0, "\(profiled.errors)")
        var profile = ""
        try await eventually("a profile is stored") {
            let items = try await deployment.call("GET", "/v1/build-profiles").json["items"] as? [[String: Any]]
            profile = items?.first?["id"] as? String ?? ""
            return !profile.isEmpty
        }
        let report = try await deployment.call("POST", "/v1/agents/default/harbor/reports", #"{"reason":"other","text":"b"}"#).json
        var ids = [
            Thing("ticket", id: ticket), Thing("run", id: run), Thing("agent", id: isolated), Thing("build profile", id: profile),
            Thing("token", id: token), Thing("memory", id: memory),
        ]
        if let id = report["id"] as? String { ids.append(Thing("report", id: id)) }
        return StrangerSeeds(
            ids: ids + (try await written(deployment, agent: isolated)), published: Thing("agent", id: harbor, name: "harbor"),
            unpublished: Thing("agent", id: isolated, name: "isolated"), unknown: Thing("nothing", name: "nothing-here"),
            otherUnknown: Thing("nothing", name: "nothing-there"), receipt: report["receipt"] as? String)
    }

    private static func character(_ name: String) -> String {
        #"{"name":"\#(name)","bio":["A guide."],"style":{"all":[],"chat":[],"post":[]}}"#
    }

    private static func made(_ deployment: Deployment, _ path: String, _ body: String) async throws -> String {
        let answer = try await deployment.call("POST", path, body)
        return try #require(answer.json["id"] as? String, "\(path): \(answer.text)")
    }

    /// What no short request makes.
    private static func written(_ deployment: Deployment, agent: String) async throws -> [Thing] {
        let (group, member, invitation, notice, tool) = (Thing("group"), Thing("member"), Thing("invitation"), Thing("notice"), Thing("tool"))
        let (user, removal) = (UUID().uuidString, UUID().uuidString)
        _ = try await deployment.psql(
            """
            insert into job_groups (workspace_id, id, total, remaining, then_id, then_kind, then_version, then_queue, then_partition, then_body)
            values ('\(workspace)', '\(group.id)', 1, 1, gen_random_uuid(), 'ticket.create', 1, 'tickets', 0, '{}');
            insert into users (id, name) values ('\(user)', 'Somebody');
            insert into members (workspace_id, id, user_id, role) values ('\(workspace)', '\(member.id)', '\(user)', 'member');
            insert into invitations (workspace_id, id, role, prefix, hash, expires_at)
            values ('\(workspace)', '\(invitation.id)', 'viewer', 'msi_0000', sha256('\(invitation.id)'), mainstay_now() + interval '1 day');
            insert into agent_removals (id, owner, name, agent_id, case_id, decision, ground)
            values ('\(removal)', 'elsewhere', 'origin', gen_random_uuid(), gen_random_uuid(), 'remove', 'malware');
            insert into agent_notices (workspace_id, id, agent_id, removal_id) values ('\(workspace)', '\(notice.id)', '\(agent)', '\(removal)');
            insert into tools (workspace_id, id, name, url, key_id, sealed)
            values ('\(workspace)', '\(tool.id)', 'mine', 'https://tools.example.com/', 'k', sha256('\(tool.id)'));
            """)
        return [group, member, invitation, notice, tool]
    }
}
