import Foundation
import Jobs
import Postgres

/// What responses were asked, for those that go on from them.
extension RunStore {
    /// A response of a conversation.
    struct Turn: Sendable, Equatable {
        var previous: UUID?
        /// What it was asked.
        var messages: [RunMessage]
        /// What it answered: its events.
        var events: [RunLogEntry]
    }

    /// What is kept of a conversation at most.
    struct TurnBounds: Sendable {
        /// Responses that follow each other.
        var turns = 256
        /// Bytes of messages and events. Events are about ten times what they say.
        var bytes = 32 << 20
    }

    /// A conversation is longer than ``TurnBounds``, or its events are not all kept.
    struct ConversationTooLong: Error {}

    /// Keeps what a response was asked, unless it is not to be kept, or is over: goes out behind the claim of its run.
    func submitTurn(_ request: RunRequest, of identity: RunIdentity, in transaction: PostgresTransaction) throws {
        guard let turn = request.turn, let start = turn.start else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let messages = try encoder.encode(Array(request.messages.dropFirst(start)))
        transaction.submit(
            """
            -- keep a turn of a conversation
            insert into run_turns (workspace_id, id, previous_id, messages)
            select r.workspace_id, r.id, $3, $4 from runs r where r.workspace_id = $1 and r.id = $2 and r.state = 'running'
            on conflict (workspace_id, id) do nothing
            """,
            identity.workspace, identity.run, turn.previous, String(decoding: messages, as: UTF8.self))
    }

    /// The conversation up to a response that is over, the oldest first; empty for one that was not kept or is another workspace's.
    ///
    /// - Throws: ``ConversationTooLong``
    func turns(upTo run: UUID, workspace: UUID, within bounds: TurnBounds = TurnBounds()) async throws -> [Turn] {
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- read the turns of a conversation
            with recursive turns as (
              select t.id, t.previous_id, 1 as depth from run_turns t where t.workspace_id = $1 and t.id = $2
              union all
              select t.id, t.previous_id, later.depth + 1
              from turns later join run_turns t on t.workspace_id = $1 and t.id = later.previous_id
              where later.depth < $3::bigint
            ), sized as (
              select turns.depth, turns.previous_id, t.messages, r.events,
                sum(octet_length(t.messages) + octet_length(r.events)) over (order by turns.depth) as size
              from turns
                join run_turns t on t.workspace_id = $1 and t.id = turns.id
                join runs r on r.workspace_id = $1 and r.id = turns.id
            )
            select previous_id, case when size <= $4::bigint then messages end as messages, case when size <= $4::bigint then events end as events
            from sized order by depth desc
            """,
            workspace, run, bounds.turns, bounds.bytes)
        let turns = try rows.map(Self.turn)
        // Where it began, nothing went before.
        if let first = turns.first, first.previous != nil { throw ConversationTooLong() }
        return turns
    }

    private static func turn(_ row: PostgresRow) throws -> Turn {
        guard let messages = try row.decode("messages", as: String?.self), let events = try row.decode("events", as: [UInt8]?.self),
            let entries = RunArchive.decode(events), entries.first?.id.number == 1
        else { throw ConversationTooLong() }
        return Turn(
            previous: try row.decode("previous_id"), messages: try JSONDecoder().decode([RunMessage].self, from: Data(messages.utf8)),
            events: entries)
    }
}
