import Foundation
import Jobs
import Logging
import Postgres
import Workspaces

/// Takes reports in. A report is one transaction: it is written, weighed with the others of its case, and what follows from that has
/// happened, or none of it.
struct ReportDesk: Sendable {
    /// Why a report is not taken.
    enum Refusal: Error, Equatable {
        /// Nothing is published under this name.
        case unknownAgent
        /// This place has sent its share for now.
        case tooMany
    }

    /// What somebody says of an agent.
    struct Submission: Sendable, Equatable {
        let owner: String
        let name: String
        let reason: ReportReason
        let text: String
        let contact: String?
    }

    /// What the reporter is given.
    struct Receipt: Sendable, Equatable {
        let report: UUID
        /// What only the reporter has.
        let secret: String
    }

    /// Reports that may come from one address at once; one more is let in every six minutes.
    static let most = 10.0
    static let refill = Duration.seconds(360)

    let pool: PostgresPool
    var policy = ReportPolicy.standard
    /// Which day's key is in use.
    var now: @Sendable () -> Date = { Date() }

    /// Takes a report. The same one again, by the same reporter, changes nothing and is answered the same.
    ///
    /// - Parameter network: where the request came from, whoever sent it.
    /// - Throws: `Refusal`, `PostgresError`.
    func take(_ submission: Submission, by identity: UUID?, from network: ClientNetwork?, logger: Logger) async throws -> Receipt {
        let taken = try await pool.transaction(.role(.upkeep)) { transaction -> Taken in
            guard let target = try await ReportStore.target(owner: submission.owner, name: submission.name, in: transaction) else {
                throw Refusal.unknownAgent
            }
            let keys = try await keys(in: transaction)
            let reporter = identity.map { Reporter.workspace($0) } ?? .network(network)
            let mark = keys.mark(of: reporter)
            if let earlier = try await ReportStore.earlier(agent: target.agent, reason: submission.reason, reporter: mark, in: transaction) {
                return Taken(receipt: Receipt(report: earlier, secret: keys.receipt(for: earlier)))
            }
            // Addresses are what bounds it, also for who shows a token; but one that is not seen must not bound all who do.
            let bucket = reporter.isIdentified && network == nil ? mark : keys.mark(of: network)
            let perSecond = Duration.seconds(1) / Self.refill
            guard try await ReportStore.takeToken(of: bucket, most: Self.most, perSecond: perSecond, in: transaction) else { throw Refusal.tooMany }
            ReportStore.lock(agent: target.agent, in: transaction)
            // The same report may have come twice at once, and the other one was faster.
            if let earlier = try await ReportStore.earlier(agent: target.agent, reason: submission.reason, reporter: mark, in: transaction) {
                return Taken(receipt: Receipt(report: earlier, secret: keys.receipt(for: earlier)))
            }
            return try await write(submission, about: target, by: reporter, mark: mark, keys: keys, in: transaction)
        }
        if taken.alert { Self.tell("many reports at once may be one reporter", submission, logger) }
        if taken.quarantined { Self.tell("reports have quarantined an agent", submission, logger) }
        return taken.receipt
    }

    /// What became of a report; nil for one that never was, and for a receipt of another one.
    func state(of report: UUID, receipt: String) async throws -> ReportStore.State? {
        try await pool.transaction(.role(.upkeep)) { transaction in
            let name = ReportKeys.Names(at: now()).receipts
            guard let key = try await ReportStore.keys([name], in: transaction)[name], ReportKeys.isReceipt(receipt, of: report, key: key) else {
                return nil
            }
            return try await ReportStore.state(of: report, in: transaction)
        }
    }

    // MARK: Inside of the transaction

    private struct Taken {
        let receipt: Receipt
        /// What somebody has to be told of, when all of it is committed.
        var alert = false
        var quarantined = false
    }

    /// Writes a report into the open case of its agent, and does what all of them together come to. The agent's lock is held.
    private func write(
        _ submission: Submission, about target: ReportStore.Target, by reporter: Reporter, mark: [UInt8], keys: ReportKeys,
        in transaction: PostgresTransaction
    ) async throws -> Taken {
        let current = try await ReportStore.openCase(of: target.agent, in: transaction)
        let (caseID, standing) = (current?.id ?? .version7(), current?.standing ?? .noted)
        if current == nil {
            ReportStore.open(
                caseID, of: target.agent, at: ListingPlace(owner: target.owner, name: target.name), workspace: target.workspace, in: transaction)
        }
        let report = ReportStore.New(
            id: .version7(), caseID: caseID, agent: target.agent, version: target.version, reason: submission.reason, reporter: mark,
            isIdentified: reporter.isIdentified, text: submission.text, contact: submission.contact)
        ReportStore.write(report, in: transaction)
        let filings = try await ReportStore.filings(of: caseID, in: transaction)
        let assessment = policy.assess(filings)
        let after = standing.after(assessment.verdict)
        // Read again under the lock: a decision or another name may have come since.
        let present = try await ReportStore.target(owner: target.owner, name: target.name, in: transaction)
        var before: ListingStatus?
        if case .quarantine(let ground) = assessment.verdict, standing != .quarantined, let present, present.status.isOpen {
            before = present.status
            try await quarantine(present, on: ground, inCase: caseID, filings: filings.count, score: assessment.score, in: transaction)
        }
        ReportStore.note(score: assessment.score, standing: after, before: before, of: caseID, in: transaction)
        if before != nil {
            // Last of all, for others who append wait from here on.
            AccessLogStore.append(
                AccessEvent(
                    .agentQuarantined, by: .system("reports"), in: target.workspace, on: .agent("\(target.owner)/\(target.name)"),
                    details: ["case": caseID.lowercased]), in: transaction)
        }
        return Taken(
            receipt: Receipt(report: report.id, secret: keys.receipt(for: report.id)), alert: after == .alerted && standing != .alerted,
            quarantined: before != nil)
    }

    /// Takes the agent out of the directory, and tells its owner why.
    private func quarantine(
        _ target: ReportStore.Target, on ground: ReportReason, inCase caseID: UUID, filings: Int, score: Double, in transaction: PostgresTransaction
    ) async throws {
        _ = try await DirectoryStore.setStatus(
            .quarantined, reason: "Reports of \(ground.words) are being looked at.", owner: target.owner, name: target.name, in: transaction)
        let order = ModerationOrder(
            decision: .quarantine, ground: ground, facts: ModerationStatement.facts(reports: filings, score: score, policy: policy),
            rule: ground.rule, automated: true)
        let found = ModerationCase(
            id: caseID, kind: .report, standing: .quarantined, owner: target.owner, name: target.name, agent: target.agent,
            workspace: target.workspace, statusBefore: target.status,
            listed: ModerationCase.Listed(owner: target.owner, name: target.name, status: .quarantined), verdict: nil, appealed: nil)
        _ = try await CaseStore.write(
            statement: .version7(), of: found, order,
            redress: ModerationStatement.redress(against: .quarantine, in: .report, agent: target.agent), in: transaction)
    }

    /// The keys of today, which whoever is first makes.
    private func keys(in transaction: PostgresTransaction) async throws -> ReportKeys {
        let names = ReportKeys.Names(at: now())
        var found = try await ReportStore.keys(names.all, in: transaction)
        let missing = names.all.filter { found[$0] == nil }
        if !missing.isEmpty {
            ReportStore.keep(missing.map { _ in Self.randomKey() }, named: missing, in: transaction)
            found = try await ReportStore.keys(names.all, in: transaction)
        }
        guard let receipts = found[names.receipts], let addresses = found[names.addresses] else {
            throw PostgresError(.server, "the keys of reports were not written", sqlState: "40001")
        }
        return ReportKeys(receipts: receipts, addresses: addresses)
    }

    private static func randomKey() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<ReportKeys.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private static func tell(_ what: Logger.Message, _ submission: Submission, _ logger: Logger) {
        logger.warning(what, metadata: ["agent": "\(submission.owner)/\(submission.name)", "reason": "\(submission.reason.rawValue)"])
    }
}
