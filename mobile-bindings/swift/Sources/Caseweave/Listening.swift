import CaseweaveGenerated
import Foundation

extension CaseweavePhone {
    /// Waits until the server has something for this phone, at most for so long; says whether there is
    /// something to `sync`. Reading, writing and exchanges go on meanwhile. Cancelling the task ends it at
    /// once.
    /// - Throws: `stopped` if the task was cancelled, which is no failure; `offline` without signal.
    public nonisolated func waitForNews(
        atMost time: Duration = .seconds(50)
    ) async throws(CaseweaveError) -> Bool {
        let stop = SyncStop()
        let seconds = UInt32(clamping: min(50, max(0, time.components.seconds)))
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (done: CheckedContinuation<Result<Bool, CaseweaveError>, Never>) in
                // A queue of its own: a wait must not hold up what others ask for.
                DispatchQueue.global(qos: .utility).async { [library] in
                    let call = { try library.waitForNews(seconds: seconds, stop: stop) }
                    done.resume(returning: outcome(of: call))
                }
            }
        } onCancel: {
            stop.stop()
        }
        return try answer.get()
    }

    /// Exchanges whenever there is something, for as long as it is read: for a screen that is open and shows
    /// what others write as they write it. A line that breaks is tried again after `pause`. Ends with what
    /// only a person can mend, such as `signedOut`.
    public nonisolated func live(
        pause: Duration = .seconds(10)
    ) -> AsyncThrowingStream<SyncSummary, any Error> {
        AsyncThrowingStream { stream in
            let living = Task { [weak self] in
                while let self, !Task.isCancelled {
                    guard let broken = await self.liveOnce({ stream.yield($0) }) else { continue }
                    guard broken == .offline || broken == .busy else {
                        return stream.finish(throwing: broken == .stopped ? nil : broken)
                    }
                    try? await Task.sleep(for: pause)
                }
                stream.finish()
            }
            stream.onTermination = { _ in living.cancel() }
        }
    }

    /// One exchange and the wait after it; gives what ended them early.
    private nonisolated func liveOnce(
        _ tell: @Sendable (SyncSummary) -> Void
    ) async -> CaseweaveError? {
        do throws(CaseweaveError) {
            tell(try await sync())
            while try await !waitForNews() {}
            return nil
        } catch {
            return error
        }
    }
}
