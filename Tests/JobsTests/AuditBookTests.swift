import Foundation
import Testing

@testable import Jobs

@Suite struct AuditBookTests {
    private let workspace = UUID.version7()
    private let notes = QueuePartition(queue: "notes", index: 0)

    private func job(_ place: HeldJob.Place, _ id: UUID = .version7()) -> HeldJob {
        HeldJob(id: id, workspace: workspace, kind: Note.kind.name, place: place)
    }

    private func name(_ id: UUID) -> JobName { JobName(workspace: workspace, id: id) }

    private func sheet(accepted: Int) -> AuditSheet {
        var sheet = AuditSheet(kinds: [Note.kind], byWorkspace: false)
        sheet.add(AuditStore.Accepted(partition: notes, workspace: nil, count: accepted, outcomes: .init(), appended: [], underWay: []))
        return sheet
    }

    private func sums(_ sheet: AuditSheet) -> AuditSums { sheet.rows.values.reduce(AuditSums()) { $0 + $1 } }

    @Test("every owed job is counted once, whatever shows it, and the sums balance")
    func balance() {
        let ids = (0..<8).map { _ in UUID.version7() }
        var owed = Dictionary(uniqueKeysWithValues: ids.map { (name($0), AuditBook.Owed.appended) })
        owed[name(ids[6])] = .underWay
        owed[name(ids[7])] = .underWay
        var book = AuditBook(partition: notes, owed: owed)
        var sheet = self.sheet(accepted: 8)
        book.beginLook()
        let asked = book.see([job(.ready, ids[0]), job(.running, ids[1]), job(.parked, ids[2]), job(.ready, ids[7])], on: &sheet)
        #expect(asked.isEmpty, "what is owed had no outcome when the ledger was read")
        book.locate([name(ids[3])], on: &sheet)
        book.settle([name(ids[4]): .init(state: .cancelled, isAccepted: true, isUnderWay: false)], on: &sheet)
        book.endLook()
        #expect(!book.isSettled && book.candidates == [name(ids[5])])
        book.close(on: &sheet)
        let sums = self.sums(sheet)
        #expect(sums.isBalanced && sums.ready == 2 && sums.running == 1 && sums.parked == 1 && sums.later == 1 && sums.cancelled == 1)
        #expect(sums.onTheWay == 1 && sums.unaccounted == 1 && sheet.findings.map(\.job) == [ids[5]])
    }

    @Test("a job that moves while it is looked for is no doubled entry, and a page that repeats itself says nothing")
    func moves() {
        let (mover, twin) = (UUID.version7(), UUID.version7())
        let owed = [name(mover): AuditBook.Owed.appended, name(twin): .appended]
        var book = AuditBook(partition: notes, owed: owed)
        var sheet = self.sheet(accepted: 2)
        for look in 0..<2 {
            book.beginLook()
            _ = book.see([job(.parked, mover), job(.parked, mover)], on: &sheet)
            // In the first look it was promoted after its list was read; a twin has two entries in each.
            _ = book.see(look == 0 ? [job(.ready, mover), job(.ready, twin)] : [job(.ready, twin)], on: &sheet)
            _ = book.see([job(.later, twin), job(.later, twin)], on: &sheet)
            book.endLook()
        }
        #expect(book.isSettled)
        book.close(on: &sheet)
        let sums = self.sums(sheet)
        #expect(sums.doubledEntries == 1 && sums.parked == 1 && sums.ready == 1 && sums.later == 0 && sums.isBalanced, "\(sums)")
    }

    @Test("at most 100 jobs are named, the gravest first, and all are counted")
    func naming() {
        let owed = Dictionary(uniqueKeysWithValues: (0..<150).map { _ in (name(.version7()), AuditBook.Owed.appended) })
        let book = AuditBook(partition: notes, owed: owed)
        var sheet = self.sheet(accepted: 150)
        sheet.name(.unexplained, name(.version7()), "notes", .ledger)
        book.close(on: &sheet)
        #expect(sheet.findings.count == 100 && sheet.findings.allSatisfy { $0.reason == .unaccounted } && sums(sheet).unaccounted == 150)
    }

    @Test("a note's key is read back, and no other key is one")
    func keys() throws {
        let (id, partition) = (UUID.version7(), QueuePartition(queue: "runs", index: 3))
        let key = QueueKeys(prefix: "a:{b", partition: partition).accepted(id.lowercased)
        #expect(NoteKey(key, prefix: "a:{b")?.partition == partition && NoteKey(key, prefix: "a:{b")?.job == id)
        for other in [key + "x", "x" + key, key.replacing("accepted", with: "alone"), "a:{b:{runs/3}:ready:normal", ""] {
            #expect(NoteKey(other, prefix: "a:{b") == nil, "\(other)")
        }
    }
}
