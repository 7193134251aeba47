import CaseweaveGenerated
import Dispatch

/// One exchange that somebody waits for and may give up. Whoever gives it up is answered at once, and the
/// exchange itself ends soon after: it may be looking for a server at that moment.
final class Exchange: Sendable {
    typealias Outcome = Result<SyncSummary, CaseweaveError>

    private struct State {
        var waits: CheckedContinuation<Outcome, Never>?
        var isStopped = false
    }

    private let phone: Phone
    private let end = SyncStop()
    private let state = Locked(State())
    private static let timing = DispatchQueue(label: "caseweave.stop")
    private static let grace = DispatchTimeInterval.milliseconds(500)
    private static let dayMs: UInt64 = 86_400_000

    init(of phone: Phone) {
        self.phone = phone
    }

    /// Exchanges on `queue`, after what is under way there.
    func outcome(
        on queue: DispatchQueue, budgetMs: UInt64?, watcher: any SyncWatcher
    ) async -> Outcome {
        if let budgetMs, budgetMs < Self.dayMs { stop(afterMs: budgetMs) }
        return await begun(on: queue, budgetMs, watcher)
    }

    /// Gives it up.
    func stop() {
        state.with { $0.isStopped = true }
        end.stop()
        answer(.failure(.stopped))
    }

    /// The library ends it in time by itself, unless it is looking for a server just then.
    private func stop(afterMs budgetMs: UInt64) {
        let budget = DispatchTimeInterval.milliseconds(Int(clamping: budgetMs))
        Self.timing.asyncAfter(deadline: .now() + budget + Self.grace) { [weak self] in
            self?.stop()
        }
    }

    private func begun(
        on queue: DispatchQueue, _ budgetMs: UInt64?, _ watcher: any SyncWatcher
    ) async -> Outcome {
        await withCheckedContinuation { waits in
            let mayBegin = state.with { state in
                if !state.isStopped { state.waits = waits }
                return !state.isStopped
            }
            guard mayBegin else { return waits.resume(returning: .failure(.stopped)) }
            queue.async { self.exchange(budgetMs, watcher) }
        }
    }

    private func exchange(_ budgetMs: UInt64?, _ watcher: any SyncWatcher) {
        let done = state.with(\.isStopped)
            ? .failure(.stopped)
            : Caseweave.outcome { try phone.sync(budgetMs: budgetMs, watcher: watcher, stop: end) }
        answer(done)
    }

    private func answer(_ outcome: Outcome) {
        let waits = state.with { state in
            defer { state.waits = nil }
            return state.waits
        }
        waits?.resume(returning: outcome)
    }
}
