import Foundation
import Jobs
import Postgres

/// Publishing an agent, taking it back, and naming it anew: what others see of it.
extension AgentDesk {
    /// What a publisher says beside the agent itself.
    struct Wish: Sendable, Equatable {
        /// Nil for the next patch.
        var version: SemanticVersion?
        /// Nil for what was said when the agent's version was made.
        var changelog: String?
    }

    /// A version as it stands in public.
    struct Publication: Sendable, Equatable {
        let version: SemanticVersion
        let number: Int
        let publishedAt: Date
        /// Whether this request made it.
        let isNew: Bool
        /// Whether the directory shows this version: it shows the highest release.
        let isShown: Bool
        /// Another owner's agent that the name could be taken for.
        let looksLike: String?
        /// Another owner's agent whose title this one has, of what the directory shows.
        let resembles: ResembledAgent?
    }

    /// What became of a wish to publish.
    struct Published: Sendable {
        let detail: AgentDetail
        /// Nil for a repeated request whose agent is not listed any more.
        let publication: Publication?
        /// An earlier request with the same Idempotency-Key did it, and nothing was done now.
        let isReplay: Bool
    }

    /// Shows the newest version to everyone, unless something key-shaped is in it, and keeps it as a published version for good.
    ///
    /// A version that is there already and says the same is published by this again, without any change. A request that was carried
    /// out before does not publish what came after it.
    func publish(
        _ agent: UUID, _ wish: Wish = Wish(), workspace: UUID, by actor: AccessActor, idempotency: Idempotency? = nil
    ) async throws -> Published {
        for _ in 1...Self.attempts {
            let draft = try AgentDraft(try await detail(of: agent, workspace: workspace), changelog: wish.changelog)
            do {
                return try await publish(draft, wish, workspace: workspace, by: actor, idempotency: idempotency)
            } catch is AnotherVersion {
                continue
            }
        }
        throw PostgresError(.server, "the agent was given new versions all the while", sqlState: "40001")
    }

    /// How often a draft is read anew because a version came in between.
    private static let attempts = 5

    /// The agent has another version than the one that was looked through.
    private struct AnotherVersion: Error {}

    private func publish(
        _ draft: AgentDraft, _ wish: Wish, workspace: UUID, by actor: AccessActor, idempotency: Idempotency?
    ) async throws -> Published {
        let agent = draft.detail.agent.id
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            // The key before the agent, as an import takes them.
            let isReplay = try await IdempotencyStore.claim(idempotency, for: agent, workspace: workspace, in: transaction) != nil
            AgentStore.lock(agent, workspace: workspace, in: transaction)
            guard let now = try await AgentStore.agent(agent, workspace: workspace, in: transaction) else { throw Refusal.notFound }
            guard now.version == draft.detail.version.number else { throw AnotherVersion() }
            let listed = try await AgentStore.listed(agent, workspace: workspace, in: transaction)
            if isReplay {
                let publication = try await shown(listed, of: agent, workspace: workspace, in: transaction)
                return Published(detail: draft.detail.with(now), publication: publication, isReplay: true)
            }
            try Self.requireOpen(listed)
            guard draft.findings.isEmpty else { throw Refusal.keysRemain(draft.findings) }
            let titleFaults = TitleText.faults(in: draft.file.name)
            guard titleFaults.isEmpty else { throw Refusal.titleRefused(titleFaults) }

            let looksLike = if let listed { listed.looksLike } else { try await nearest(to: now, workspace: workspace, in: transaction) }
            let (version, there) = try await chosen(wish.version, of: draft.detail, workspace: workspace, in: transaction)
            let published =
                if let there { there } else { try await AgentStore.publish(version, draft, workspace: workspace, in: transaction) }
            let replaces = listed?.version.map { version.replaces($0) } ?? true
            let isListedAnew = replaces && listed?.version != version
            var resembles = listed?.resembles
            if isListedAnew {
                let like = try await AgentStore.likeTitles(draft.file.name, of: agent, workspace: workspace, in: transaction)
                let elder = TitleCheck.resembled(like, lineage: now.lineage)
                resembles = elder.map { ResembledAgent(owner: $0.owner, name: $0.name) }
                AgentStore.submitListing(
                    of: now, draft, as: version, looksLike: looksLike, resembles: elder?.listing, workspace: workspace, in: transaction)
            }
            let publication = Publication(
                version: version, number: published.number, publishedAt: published.publishedAt, isNew: there == nil, isShown: replaces,
                looksLike: looksLike, resembles: resembles)
            let after = try await AgentStore.agent(agent, workspace: workspace, in: transaction) ?? now
            if there == nil || isListedAnew {
                // Read once more, for the owner's name is in this row alone.
                let shown = try await AgentStore.listed(agent, workspace: workspace, in: transaction)
                if let shown { Self.note(.agentPublished, shown, version, workspace, by: actor, in: transaction) }
            }
            return Published(detail: draft.detail.with(after), publication: publication, isReplay: false)
        }
    }

    /// Takes an agent out of the directory. Forks stay, versions are kept and shown no more, and nobody else gets the name.
    /// What is not listed stays as it is.
    func unpublish(_ agent: UUID, workspace: UUID, by actor: AccessActor) async throws {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            AgentStore.lock(agent, workspace: workspace, in: transaction)
            _ = try await detail(of: agent, workspace: workspace, in: transaction)
            guard let listed = try await AgentStore.listed(agent, workspace: workspace, in: transaction) else { return }
            // Else it could be published again as if nothing had been said about it.
            try Self.requireOpen(listed)
            AgentStore.submitUnlisting(of: agent, workspace: workspace, in: transaction)
            Self.note(.agentTakenBack, listed, listed.version, workspace, by: actor, in: transaction)
        }
    }

    /// Names an agent anew. In public the old name leads to the new one from then on.
    func rename(_ agent: UUID, to name: AgentName, workspace: UUID, by actor: AccessActor) async throws -> AgentDetail {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                AgentStore.lock(agent, workspace: workspace, in: transaction)
                let detail = try await detail(of: agent, workspace: workspace, in: transaction)
                if detail.agent.name == name.text { return detail }
                let listed = try await AgentStore.listed(agent, workspace: workspace, in: transaction)
                try Self.requireOpen(listed)
                var looksLike: String?
                if listed != nil { looksLike = try await nearest(to: name, of: agent, workspace: workspace, in: transaction) }
                try await AgentStore.rename(agent, to: name, looksLike: looksLike, workspace: workspace, in: transaction)
                let renamed = try await self.detail(of: agent, workspace: workspace, in: transaction)
                if let listed { Self.note(.agentRenamed, listed, nil, workspace, by: actor, more: ["to": name.text], in: transaction) }
                return renamed
            }
        } catch let error as PostgresError where error.sqlState == "23505" {
            throw Refusal.nameTaken(name)
        }
    }

    // MARK: Parts

    /// Tells the access log, last of all, for others who append wait from here on.
    private static func note(
        _ action: AccessAction, _ listed: AgentStore.Listed, _ version: SemanticVersion?, _ workspace: UUID, by actor: AccessActor,
        more: [String: String] = [:], in transaction: PostgresTransaction
    ) {
        var details = more
        details["version"] = version?.description
        AccessLogStore.append(
            AccessEvent(action, by: actor, in: workspace, on: .agent("\(listed.owner)/\(listed.name)"), details: details), in: transaction)
    }

    private static func requireOpen(_ listed: AgentStore.Listed?) throws {
        if let listed, !listed.status.isOpen { throw Refusal.moderated(listed.status, reason: listed.reason) }
    }

    /// The version to publish as, and its row when it is there already.
    private func chosen(
        _ wanted: SemanticVersion?, of detail: AgentDetail, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> (version: SemanticVersion, there: AgentStore.Published?) {
        let agent = detail.agent.id
        guard let wanted else {
            let highest = try await AgentStore.highestPublished(of: agent, workspace: workspace, in: transaction)
            if let highest, highest.digest == detail.version.digest { return (highest.version, highest) }
            return (.next(after: highest?.version), nil)
        }
        guard let there = try await AgentStore.published(wanted, of: agent, workspace: workspace, in: transaction) else { return (wanted, nil) }
        guard there.digest == detail.version.digest else { throw Refusal.versionTaken(there.version) }
        return (there.version, there)
    }

    /// What the directory shows of an agent, for whoever asks again.
    private func shown(
        _ listed: AgentStore.Listed?, of agent: UUID, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> Publication? {
        guard let listed, let version = listed.version,
            let there = try await AgentStore.published(version, of: agent, workspace: workspace, in: transaction)
        else { return nil }
        return Publication(
            version: version, number: there.number, publishedAt: there.publishedAt, isNew: false, isShown: true, looksLike: listed.looksLike,
            resembles: listed.resembles)
    }

    private func nearest(to agent: Agent, workspace: UUID, in transaction: PostgresTransaction) async throws -> String? {
        // The column's check has the same form; a word that a route needs now may have been a name before.
        guard let name = AgentName(agent.name) else { return nil }
        return try await nearest(to: name, of: agent.id, workspace: workspace, in: transaction)
    }

    /// - Returns: the other owner's agent that the name could be taken for, if there is one.
    /// - Throws: ``Refusal/nameRefused(_:_:)``.
    private func nearest(to name: AgentName, of agent: UUID, workspace: UUID, in transaction: PostgresTransaction) async throws -> String? {
        let check = NameCheck(
            of: agent, name: name, like: try await AgentStore.likeNames(name, outside: workspace, in: transaction),
            reservations: try await AgentStore.reservations(of: name, workspace: workspace, in: transaction))
        switch check {
        case .free(let looksLike): return looksLike
        case .refused(let reason): throw Refusal.nameRefused(name, reason)
        }
    }
}
