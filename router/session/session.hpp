#pragma once
// Session: one client's life, from its first byte to its last.
//
// One coroutine per client runs on one worker's thread. All its streams (the client's and those of the servers it is
// lent) notify one Event; whenever the session must wait, it waits for that event and then looks at the streams.
// The files: startup.cc, authentication.cc, auth_query.cc (login), session.cc (the message loop and answers), planning.cc,
// plan_cache.cc, literal_plans.cc, simple_query.cc, extended_query.cc, describe.cc, batch.cc, whole_batch.cc, prepared_statements.cc,
// execute_arguments.cc, result_shape.cc, actions.cc (what a plan asks for), config_calls.cc, roles.cc, transactions.cc, backends.cc
// (enlisting and releasing servers),
// pins.cc (what keeps a server with its client), waiting.cc (pools), pump.cc (from servers to the client),
// merge_query.cc, cursors.cc, copy.cc, reload_catalog.cc, timeouts.cc, client_end.cc, client_encoding.cc, oversight.cc
// (what the console and the log want of it), listening.cc (LISTEN), verdict.cc, console.cc. The header is over 500 lines
// because these files are parts of one coroutine's work on one state: what can stand alone (pins, settings, statements,
// cursors …) is a class of its own.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "router/net/event.hpp"
#include "router/net/stream.hpp"
#include "router/net/task.hpp"
#include "router/plan/plan.hpp"
#include "router/session/backend.hpp"
#include "router/session/client_encoding.hpp"
#include "router/session/client_view.hpp"
#include "router/session/cursors.hpp"
#include "router/session/listening.hpp"
#include "router/session/named.hpp"
#include "router/session/plan_cache.hpp"
#include "router/session/portal.hpp"
#include "router/session/rare.hpp"
#include "router/session/reported.hpp"
#include "router/session/settings.hpp"
#include "router/session/shared.hpp"
#include "router/session/statistics.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::parser {
struct Statement;
class ParsedScript;
}  // namespace pgshoal::parser

namespace pgshoal::session {

enum class Block : std::uint8_t {
  kNone,
  kImplicit,  // several statements in one message, or one statement that writes on several shards
  kBatch,     // what is asked for up to Sync, once the router has done a part of it itself
  kExplicit
};

// What an action wants of the shard that it enlists.
enum class Intent : std::uint8_t {
  kRead,
  kWrite,  // rows of one shard: two shards in one transaction are refused
  kBulk    // the same on all shards (DDL, COPY): committed in two phases
};

class Session {
 public:
  Session(Worker* worker, std::unique_ptr<net::Stream> client);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A client's life: LogIn; if that gives true, Serve; then Leave. Or none of them. Three steps, because the frame of
  // what waits here while a client is idle, each idle client costs.
  net::Task<bool> LogIn();  // false: refused, or the console has served it
  net::Task<void> Serve();  // until the client is gone
  void Leave();
  // Asks the servers that work for this client to stop; `done` is called once they have been asked.
  void Cancel(absl::AnyInvocable<void()> done = nullptr);
  // Stops what is going on, tells the client FATAL `reason` if it can still be told anything, and ends the
  // session. On its thread; the session lives on until its coroutine has noticed.
  void End(std::string_view reason, std::string_view sqlstate = sqlstate::kProtocolViolation);
  const std::string& database() const { return database_; }  // empty before login
  bool is_console() const { return console_; }
  bool asking() const { return !console_ && meter_.in_query(); }
  void Wake() { event_.Notify(); }  // what it waits for may have changed

  // ---- oversight.cc; on the session's thread
  ClientView Describe(bool with_statements) const;
  // Tells the client why, as far as it can be told at this moment, and ends the session.
  void Terminate(std::string message);
  // The same as soon as no transaction is open.
  void Drain();
  // Brings the statistics up to date.
  void CountBytes();

  // ---- listening.cc; on the session's thread
  void OnNotification(const Notification& notification);
  // The connection that listens for this client is gone: so is what it may have missed.
  void OnListenerLost();

 private:
  bool AtRest() const;  // logged in, with nothing to answer and no transaction
  bool HoldsServers();  // or is about to be lent one in the middle of something: a shutdown waits for it
  void LogConnected() const;
  void LogDisconnected() const;
  // While slow statements are logged: what a message asks for.
  void NoteStatement(char type, std::string_view body);
  void LogSlow(net::Clock::duration took);
  void LogError(const SqlError& error, wire::Severity severity) const;

  // ---- startup.cc. False: the connection is over.
  net::Task<bool> Start();
  net::Task<bool> Welcome(const wire::StartupMessage& startup, net::Deadline deadline);
  // False: the handshake has failed, and the client's stream is gone with it.
  net::Task<bool> EncryptClient(std::shared_ptr<const net::TlsContext> context, bool direct, net::Deadline deadline);
  // The search_path that the server gives this user at login (ALTER ROLE, ALTER DATABASE).
  net::Task<void> LearnSearchPath(Backend& home);
  bool AdoptStartupSettings(const wire::StartupMessage& startup);
  const KnownLogin* RecallLogin();  // null: the home shard is to be asked
  void RememberLogin();

  // ---- session.cc
  // The next whole message, copied out of the stream; false: the client is gone.
  net::Task<bool> NextMessage(char* type, std::string* body);
  // The same without waiting; false: there is no whole message yet, or a bad one.
  bool TakeMessage(char* type, std::string* body);
  // Before waiting for one. False: none will come; the client has been told why, or is gone.
  bool MayCome(std::string* body);
  void SendError(const SqlError& error, wire::Severity severity = wire::Severity::kError);
  void SendReady();
  void SendComplete(std::string_view tag);
  void CountAnswer();  // ReadyForQuery is being sent
  // What the client asks for; several in one batch share its time, which is counted for the last.
  void Asked(QueryFiguresPtr figures) {
    if (asked_) ++asked_->calls;
    asked_ = std::move(figures);
  }
  void SendNotice(std::string_view sqlstate, std::string message, wire::Severity severity);
  std::string& ToClient() { return client_->OutputBuffer(); }
  // Nobody is there any longer. A client that has only ended its side is: it may still read (see client_end.cc).
  bool ClientGone() const { return ended_ || (client_->Error() != 0 && !client_->AtEof()); }
  // Nothing more is said to the client than what is already written; the session ends.
  void EndClient() { ended_ = true; }
  // Waits until the client has read enough of what was sent; false: it is gone.
  net::Task<bool> ClientReads();
  bool ClientKeepsUp() const { return !ClientIsSlow() && !ClientGone(); }  // nothing to wait for in ClientReads

  // ---- client_end.cc
  bool ClientIsSlow() const;  // its servers are to wait
  void WatchClientEnd();      // after it has ended its side: nothing else needs to be done
  void LookForClient();
  bool SaidGoodbye() const;
  void LoseCopyData();

  // ---- client_encoding.cc
  bool Converts() const { return encoding_ != nullptr && encoding_->codec != nullptr; }
  void FollowEncoding();  // after the settings have changed
  // `column`: of set_config; empty: SET, RESET or SHOW.
  bool RunEncoding(const plan::SessionSetting& action, const Portal* portal, std::string_view column);
  std::optional<SqlError> ServerEncodingProblem() const;
  // 0A000: what is wrong, for this client's encoding, with a statement that is right for others.
  std::optional<SqlError> EncodingBars(const plan::Plan& plan, std::string_view text) const;
  std::optional<SqlError> EncodingBars(const wire::BindView& bind, const PreparedStatement& statement) const;
  static bool IsBinary(const wire::BindView& bind);
  SqlError BinaryResultsBarred() const;
  net::Task<void> RefuseUnreadable(char type);  // a message that has bytes without a meaning
  // Of messages for the client that begin at `from` of `out`: what follows one that cannot be converted is taken away,
  // and itself. 22P05.
  absl::Status KeepRepresentable(std::string* out, std::size_t from) const;
  // A statement that gives rows outside of transactions is to be undone when one of them cannot be converted.
  bool NeedsBlock(const plan::Plan& plan) const;
  // The answer that a server is giving ends with this error instead.
  void RejectAnswer(Backend& backend, const absl::Status& why);

  // ---- planning.cc
  std::uint64_t PlanningVersion() const;
  PlanPtr MakePlan(const parser::ParsedScript& script, const parser::Statement& statement,
                   const std::vector<Oid>& types);
  // The same, but a plan that met unknown names is made again with a fresh catalog before it is believed.
  net::Task<PlanPtr> PlanFor(const parser::ParsedScript& script, const parser::Statement& statement,
                             const std::vector<Oid>& types);
  // A text as the extended protocol and PREPARE know it, from the worker's cache or planned now.
  PlannedTextPtr FindPlanned(std::string_view text, std::span<const Oid> types);  // null: PlanText is to be called
  net::Task<absl::StatusOr<PlannedTextPtr>> PlanText(std::string_view text, const std::vector<Oid>& types);
  std::vector<std::string> SearchPath() const;
  std::uint32_t PathNumber();
  void SetSearchPath(SearchPathPtr path);
  std::vector<std::string> ReadSearchPath(std::string_view set_statement);
  void RememberSearchPath();  // after the settings have changed; what $user means, too
  const SnapshotPtr& Current();
  // Whether others' plans are right for this client, and its plans for others.
  bool SharesPlans() const { return !block_snapshot_ && temporary_ == nullptr; }

  // ---- roles.cc
  const std::string& CurrentRole() const { return role_ == nullptr ? user_ : role_->name; }
  std::string RoleBySettings(std::string* statement);
  void RememberRole();
  // Before a role or a session authorization is set or reset. `value`: empty for a reset.
  net::Task<absl::Status> CheckIdentity(Backend& backend, std::string name, std::string value, bool local);
  // 0A000: the role may not use the schema of its own name, which $user would mean otherwise.
  net::Task<absl::Status> CheckOwnSchema(Backend& backend, std::string role);
  void NoteIdentity(const std::string& value, bool local);  // after it was set; empty: reset

  // ---- pins.cc
  // Before a plan runs there: what it may leave behind.
  void NoteEffects(Backend& backend, const plan::Plan& plan);
  // After a message, outside of transactions: whether Settle is to be called before the servers are given back.
  bool MustSettle() const;
  net::Task<void> Settle();
  net::Task<void> Inspect(Backend& backend);
  net::Task<void> RestoreSettings(Backend& backend);
  // To be called before planning when temporary_changed_ is set.
  net::Task<void> RefreshTemporary();

  // ---- simple_query.cc
  net::Task<void> SimpleQuery(std::string_view text);  // `text` must live until the task is done
  struct KnownStatement {
    PlanPtr plan;                  // null: not known
    std::optional<ShardId> shard;  // the client's text is to go there as it stands
    int position_shift = 0;
    QueryFiguresPtr figures;
  };
  KnownStatement FindKnown(std::string_view text, bool has_literal_key);
  void Remember(parser::ParsedScript& script, const KnownStatement& known);
  net::Task<void> RunAlone(KnownStatement known, std::string_view text);

  // ---- extended_query.cc
  // `body` must live until the task is done.
  net::Task<void> Extended(char type, const std::string& body);
  net::Task<void> OnFlush();
  net::Task<void> RefuseBody(char type);
  net::Task<void> OnParse(const std::string& body);
  net::Task<void> OnBind(const std::string& body);
  net::Task<void> OnDescribe(const std::string& body);
  net::Task<void> OnExecute(const std::string& body);
  net::Task<void> OnClose(const std::string& body);
  net::Task<void> OnSync();
  // Syncs the servers of the batch and waits. False: a COPY goes on instead, or the client is gone.
  net::Task<bool> EndBatch();
  bool CloseBatch();
  net::Task<bool> SyncServers();
  net::Task<bool> FlushBatch();
  // Before Execute of what the router runs itself, outside of blocks and after FlushBatch: sees to it that it succeeds
  // or fails together with what else the batch asks for. False: the batch has failed.
  net::Task<bool> JoinBatch(const plan::Plan& plan);
  net::Task<bool> OpenBatchBlock();
  // Statements planned from now on know what this batch has done to the catalogs. False: the batch has failed.
  net::Task<bool> SeeOwnChanges();
  net::Task<void> ResolveParse();
  net::Task<Backend*> BatchBackend(ShardId shard, Intent intent);
  Backend* BatchBackendNow(ShardId shard, Intent intent);  // null: BatchBackend is to be called
  void EnsureStatement(Backend& backend, const PreparedPtr& statement);
  void Reply(std::string bytes, PreparedPtr confirms = nullptr);
  // An error of our own in the extended protocol: first one, then the other. Two calls, because g++ 12 destroys
  // braced temporaries twice inside a co_await expression.
  void RaiseInBatch(SqlError error) { batch_error_ = std::make_unique<SqlError>(std::move(error)); }
  net::Task<void> FailBatch();
  net::Task<bool> DescribeMerged(Portal& portal);
  net::Task<void> OnCursor(char type, const std::string& name, const std::string& body);
  std::optional<ShardId> ShardForParse(const plan::Plan& plan) const;
  bool PlanIsFresh(const PreparedStatement& statement);
  net::Task<bool> RefreshPlan(PreparedPtr statement, SqlError* error);
  net::Task<bool> RefreshInBatch(PreparedPtr statement);  // false: the batch has failed
  net::Task<absl::StatusOr<PreparedPtr>> NewStatement(std::string name, std::string_view text,
                                                      std::vector<Oid> types);
  void ForgetUnconfirmed();

  // ---- whole_batch.cc
  // Sends the batch that has come from the client to its server. False: it cannot go as a whole, and nothing is done.
  bool SendWholeBatch();
  net::Task<void> EndWholeBatch();  // after it was sent: to ReadyForQuery
  bool TakesWholeBatches() const;
  PreparedPtr RenewUnnamed(const PlannedTextPtr& planned);

  // ---- listening.cc
  net::Task<bool> RunListen(const plan::ListenCommand& action);
  // LISTEN counts at commit: the server listens before, the client hears after.
  net::Task<absl::Status> ListenBeforeCommit();
  void ListenAfterCommit(bool committed);
  net::Task<absl::Status> AskListener(std::vector<std::string> channels);
  // Around statements that notify: what this client listens to comes to it before it is ready again, as its own.
  bool HearsItself(const plan::Plan& plan) const { return plan.notifies && listening_ != nullptr; }
  net::Task<void> BeforeNotify(Backend& backend);
  bool AwaitsItself() const { return listening_ != nullptr && listening_->own_pid != 0 && block_ == Block::kNone; }
  net::Task<void> AwaitOwnNotifications();
  void SendNotifications();

  // ---- result_shape.cc
  void AskForShape(Backend& backend, const PlannedTextPtr& planned, std::string_view server_name);
  void LearnShape(const Pending& pending, char type, std::string_view body);
  net::Task<bool> KeepsShape(PreparedPtr statement, PlannedTextPtr planned, SqlError* error);

  // ---- actions.cc: run a plan that is not a plain relay. `portal` is null in the simple protocol.
  // True: done, everything but ReadyForQuery is sent. False: the error has been sent.
  net::Task<bool> RunAction(PlanPtr plan, Portal* portal, int position_shift);
  net::Task<bool> RunRouted(PlanPtr plan, const plan::RunRouted& action, Portal* portal, int position_shift);
  net::Task<bool> RelayText(ShardId shard, const plan::Plan& plan, std::string_view text, int position_shift);
  net::Task<bool> RunEverywhere(PlanPtr plan, const plan::RunEverywhere& action, Portal* portal, int position_shift);
  net::Task<bool> RunOneByOne(PlanPtr plan, const plan::RunEverywhere& action, int position_shift);
  net::Task<bool> RunSetting(PlanPtr plan, const plan::SessionSetting& action, Portal* portal, int position_shift);
  net::Task<bool> RunConfigCalls(PlanPtr plan, Portal* portal, int position_shift);  // config_calls.cc
  net::Task<bool> RunPrepare(const plan::PrepareStatement& action);
  net::Task<bool> RunExecute(const plan::Plan& plan, const plan::ExecuteStatement& action, int position_shift);
  // execute_arguments.cc: the arguments of EXECUTE as a server computes them, text. False: the error has been sent.
  net::Task<bool> EvaluateArguments(PreparedPtr statement, const plan::Plan& plan, int position_shift,
                                    std::vector<plan::ExecuteStatement::Argument>* values);
  net::Task<bool> RunDeallocate(const plan::DeallocateStatement& action);
  net::Task<bool> RunDiscard(const plan::DiscardStatement& action);
  // What a client is told of a statement that is refused: what is wrong with its text, if the home shard finds anything,
  // or the refusal. Nothing runs. The references must outlive the task.
  net::Task<SqlError> Verdict(const plan::Plan& plan, std::string_view text, int position_shift,
                              const std::vector<Oid>& types, const SqlError& refusal);
  bool Fail(const SqlError& error);  // sends it, fails the block; always false
  net::Task<absl::Status> OnControlThread(absl::AnyInvocable<absl::Status()> work);
  net::Task<absl::Status> LoadDatabase();  // so that there is a snapshot
  net::Task<absl::Status> ReloadCatalog();
  net::Task<absl::Status> ReloadCatalogInBlock();

  // ---- transactions.cc
  net::Task<bool> RunTransaction(const plan::TransactionControl& action);
  // SET TRANSACTION, or BEGIN with modes inside a block, on all that joined and all that will.
  net::Task<bool> ChangeModes(const std::string& sql);
  void BeginBlock(Block block, std::string begin_sql);
  net::Task<bool> CommitBlock(std::string_view tag);  // empty tag: nothing is announced
  net::Task<absl::Status> CommitParticipants();
  net::Task<absl::Status> CommitInTwoPhases(std::vector<Backend*> writers);
  net::Task<void> RollbackBlock();
  void EndBlock();
  void FailBlock();
  SqlError BlockFailure() const;                           // what a statement in a failed block is told
  SqlError BarredInBlock(std::string_view command) const;  // 25001: for what is never part of a transaction

  // ---- backends.cc
  Backend* Find(ShardId shard);
  // The same as Enlist when nothing needs to be waited for; null: Enlist is to be called.
  Backend* EnlistNow(ShardId shard, Intent intent);
  Backend* AddBackend(ShardId shard, exec::Lease lease);
  // The backend of a shard, with the client's settings and inside its transaction block. Errors are the server's.
  net::Task<absl::StatusOr<Backend*>> Enlist(ShardId shard, Intent intent);
  net::Task<absl::Status> EnlistAll(const shardmap::ShardSet& shards, Intent intent);
  net::Task<absl::Status> ApplySettings(Backend& backend);
  ShardId AnyShard(const plan::Selection& selection) const;
  void SendSimple(Backend& backend, std::string_view sql, Handling handling);
  // Sends `sql` to one backend, waits, swallows the answer.
  net::Task<absl::Status> RunQuietly(Backend& backend, std::string_view sql);  // `sql` must outlive the task
  // A connection from `pool`, perhaps after standing in line. Errors: those of exec::Place; 57014 when cancelled.
  net::Task<absl::StatusOr<exec::Lease>> Borrow(std::shared_ptr<exec::Pool> pool);
  bool AnyJoined() const;
  const UserView& View();                                                      // of this client's user
  const std::shared_ptr<exec::Pool>& PoolOf(ShardId shard);
  bool KeepsBackends();  // session mode
  bool EndIfKeptIsLost();
  void ReleaseBackends();  // those not needed any longer
  void DropBackends();     // closes all

  // ---- timeouts.cc: client_idle_timeout and its kin. What is going on is told by three calls.
  void NoteRequest();  // a message has come
  void NoteReady();    // ReadyForQuery goes out
  void SetAlarm();
  void OnAlarm();

  // ---- pump.cc
  // Waits until every answer has come (or the client or all servers are gone). False: the client is gone.
  net::Task<bool> AwaitAnswers();
  // The same, although the client may have gone: what was promised to servers is finished.
  net::Task<void> AwaitServers();
  void PumpAll();
  void Pump(Backend& backend);
  bool PumpMessage(Backend& backend, char type, std::string_view message);
  void AfterError(Backend& backend, std::string_view body, Handling handling);
  // `reason`: what the server said before it went.
  void LoseBackend(Backend& backend, const SqlError* reason = nullptr);
  static bool NothingMoreComes(const Backend& backend);
  void FlushLocalReplies(Backend& backend);
  void OnParameterStatus(std::string_view body);
  void LearnParameter(std::string_view name, std::string_view value);
  bool AnyBusy() const {
    for (const auto& backend : backends_) {
      if (backend->Busy()) return true;
    }
    return false;
  }
  bool AnyCopyIn() const {  // a COPY whose data RelayCopyData is to pass on
    for (const auto& backend : backends_) {
      if (backend->copy_in) return true;
    }
    return false;
  }
  void RelayCopyData();
  void LoseSynchronization(char type);

  // ---- merge_query.cc
  net::Task<bool> RunMerged(PlanPtr plan, const plan::StreamSpec& spec, const plan::Selection& selection,
                            Portal* portal, int position_shift);

  // ---- cursors.cc
  net::Task<bool> RunDeclareMerged(PlanPtr plan, const plan::RunRouted& query, const plan::Selection& selection,
                                   Portal* portal, int position_shift);
  net::Task<bool> RunCursor(PlanPtr plan, const plan::CursorCommand& action, Portal* portal, int position_shift);
  net::Task<bool> CloseAllCursors();
  net::Task<bool> OpenRows(std::shared_ptr<MergedRows>* opened, PlanPtr plan, const plan::StreamSpec& spec,
                           const plan::Selection& selection, Portal* portal, int position_shift);
  // At most `wanted` rows (nothing: all) to the client, or nowhere; how many. Nothing: the error has been sent.
  net::Task<std::optional<std::uint64_t>> FetchRows(std::shared_ptr<MergedRows> rows,
                                                    std::optional<std::uint64_t> wanted, bool send);
  net::Task<bool> FetchPortal(PlanPtr plan, Portal* portal);
  net::Task<bool> ExecuteRows(std::shared_ptr<MergedRows> rows, std::int32_t max_rows);  // 0: all
  net::Task<void> CloseRows(std::shared_ptr<MergedRows> rows);
  void EndRequests(Backend& backend);
  std::size_t OpenMergedRows();  // how many cursors and portals are over several shards
  // Portals over several shards that were opened after savepoint number `depth`, which is released or rolled back to.
  void ReleasePortals(std::size_t depth);
  void RollbackPortals(std::size_t depth);
  // 42P03 when the plan declares a cursor whose name is taken.
  std::optional<SqlError> NameTaken(const plan::Plan& plan);
  void NoteCursor(const plan::Plan& plan, ShardId shard);  // after it was declared there
  // Where a command runs; nothing: here.
  std::optional<ShardId> CursorShard(const plan::CursorCommand& command) const;
  const Cursor* FindCursor(std::string_view name) const { return cursors_ ? cursors_->Find(name) : nullptr; }
  std::string DescribeCursor(const plan::CursorCommand& command) const;  // of one over several shards

  // ---- copy.cc
  net::Task<bool> RunCopyIn(const plan::CopyIn& action);
  net::Task<bool> RunCopyOut(PlanPtr plan, const plan::CopyOut& action, int position_shift);

  // ---- console.cc
  struct ConsoleState;
  absl::Status AdmitToConsole();  // 28000 for who is neither administrator nor may look
  net::Task<void> ServeConsole();
  net::Task<absl::StatusOr<ConsoleReply>> RunConsoleCommand(std::string command);
  net::Task<void> ConsoleQuery(std::string command);
  net::Task<absl::Status> ConsoleExtended(ConsoleState* state, char type, std::string body);
  net::Task<absl::Status> FillConsolePortal(ConsoleState* state, std::string name);
  net::Task<absl::Status> DescribeForConsole(ConsoleState* state, char kind, std::string name);
  net::Task<absl::Status> ExecuteForConsole(ConsoleState* state, std::string name, std::int32_t max_rows);

  Worker* const worker_;
  LocalDatabasePtr local_;  // since the login; null for clients of the console
  Shared& shared_;
  net::Event event_;  // before everything that is attached to it
  std::unique_ptr<net::Stream> client_;
  Shared::Key key_;
  std::string user_, database_;
  std::unique_ptr<std::string> own_application_name_;  // that the startup packet gives; until the login is over

  // One beside the other, because a place of its own would cost each of them eight bytes.
  bool console_ = false;
  bool console_admin_ = false;
  bool plain_login_ = true;  // the startup packet has no settings that a server must check
  bool cancelled_ = false;
  bool in_line_ = false;     // for a connection
  bool leave_line_ = false;  // a cancel request has met it there
  bool ended_ = false;
  bool leaving_ = false;   // the client is gone: nothing is kept for it
  bool said_goodbye_ = false;  // it has sent Terminate
  bool welcomed_ = false;  // the client may be told of parameters
  bool admitted_ = false;  // counted by Shared::Admit
  bool client_asked_ = false;  // once the client has ended its side: something was sent to see whether it is there
  bool draining_ = false;      // ends when it holds no server
  bool late_ = false;          // it came after the router had begun to end, and is no console yet
  bool failed_ = false;        // the transaction block, as the next three
  bool lost_participant_ = false;
  bool catalog_changed_ = false;
  bool used_temporary_ = false;     // it cannot commit in two phases
  bool temporary_changed_ = false;  // temporary_ may have changed since the server was asked for them
  bool error_sent_ = false;         // in the current statement or batch
  bool skip_until_sync_ = false;
  bool batch_changes_catalog_ = false;
  bool failing_batch_ = false;  // FailBatch is under way
  Block block_ = Block::kNone;
  std::optional<ShardId> written_shard_;  // in the block
  std::optional<ShardId> batch_written_;
  std::uint32_t path_number_ = 0;  // of search_path_ among the worker's; 0: not asked for yet

  std::shared_ptr<UserView> view_;
  // Only when a timeout is set.
  struct Clock {
    std::unique_ptr<net::Timer> alarm;
    net::Clock::time_point request{}, ready{}, transaction{};  // since when; the epoch: not under way
  };
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<net::Timer> client_watch_;  // once the client has ended its side
  net::Clock::time_point connected_at_;
  net::Clock::time_point waiting_since_{};  // for a server connection; the epoch: not under way
  const char* end_reason_ = "client unexpected eof";
  ClientMeter meter_;
  QueryFiguresPtr asked_;
  // Only while slow statements are logged: what is being answered, and the shards that it may have asked.
  struct Watched {
    std::string text;
    std::vector<ShardId> shards;
  };
  std::unique_ptr<Watched> watched_;
  Watched& WatchedStatement();

  Settings settings_;
  std::unique_ptr<ClientEncoding> encoding_;  // null: UTF8, and nothing else was ever asked for
  Reported reported_;                                                // ParameterStatus as the client knows it
  SearchPathPtr default_search_path_ = BuiltInSearchPath();          // of this user's logins
  SearchPathPtr search_path_ = default_search_path_;
  // SET LOCAL search_path and SET LOCAL ROLE in the open block, and what overrides them (null: the settings'), with the
  // savepoints before it. The last counts.
  struct LocalPath {
    std::size_t depth = 0;
    SearchPathPtr path;
    std::shared_ptr<const std::string> role;
  };
  std::unique_ptr<std::vector<LocalPath>> local_paths_;
  void NoteLocal(SearchPathPtr path, std::shared_ptr<const std::string> role);
  void NoteLocalPath(SearchPathPtr path) { NoteLocal(std::move(path), local_paths_ ? local_paths_->back().role : nullptr); }
  // As whom statements run, which $user in search_path means. Null: the user who has logged in.
  struct Role {
    std::string name;
    std::string statement;  // the SET that it was read from; empty: SET LOCAL
  };
  std::unique_ptr<Role> role_;
  std::shared_ptr<const std::string> login_role_;  // that the server sets at login (ALTER ROLE … SET role); null: none
  std::string search_path_statement_;  // the SET that search_path_ was read from; empty: none

  // The transaction block. `script_` is what a shard that joins later must run after BEGIN.
  struct ScriptLine {
    std::string sql;
    bool is_savepoint = false;
    bool is_mode = false;  // isolation level, READ ONLY, DEFERRABLE: AND CHAIN keeps them
  };
  // Only those of modes.
  [[nodiscard]] std::vector<ScriptLine> ModeLines() const;
  [[nodiscard]] bool IsSerializable() const;
  std::shared_ptr<const SqlError> untold_loss_;  // a participant was lost while nobody waited for it
  std::string begin_sql_;
  Rare<std::vector<ScriptLine>> script_;
  Rare<std::vector<std::string>> savepoints_;
  net::Clock::time_point last_reload_{};  // because of unknown names
  SnapshotPtr block_snapshot_;            // after DDL inside a block: the catalog as the block sees it

  // Most have one at a time, and none while they are idle: no memory of their own for so few.
  absl::InlinedVector<std::unique_ptr<Backend>, 2> backends_;
  std::unique_ptr<Listening> listening_;  // once it has listened
  // Parameters that have changed since the last ReadyForQuery, each with what the client knows of it.
  Rare<std::vector<std::pair<std::string, std::string>>> parameter_changes_;

  // This client's temporary relations, on the home shard.
  struct Temporary {
    std::vector<catalog::Relation> relations;  // not empty
    std::uint64_t version = 0;
    std::uint64_t snapshot = 0;  // when the server was asked: DROP … CASCADE may have met them since
  };
  std::unique_ptr<Temporary> temporary_;  // null: none
  bool TemporaryDoubtful() const {
    return temporary_changed_ || (temporary_ != nullptr && temporary_->snapshot != local_->database->version());
  }
  std::unique_ptr<Cursors> cursors_;  // null: none

  // Extended protocol.
  Named<PreparedPtr> prepared_;
  Named<Portal> portals_;
  absl::InlinedVector<PreparedPtr, 1> unconfirmed_;
  PreparedPtr pending_parse_;  // Parse received, not yet sent to any server
  Backend* batch_backend_ = nullptr;
  std::unique_ptr<SqlError> batch_error_;

  struct CancelTicket {
    int pending = 0;
    net::Event* event = nullptr;
    std::vector<absl::AnyInvocable<void()>> waiting;  // to be called when none is pending
  };
  std::shared_ptr<CancelTicket> cancels_;  // made when it is first needed, by Ticket()
  const std::shared_ptr<CancelTicket>& Ticket();
  bool Cancelling() const { return cancels_ && cancels_->pending > 0; }
};

}  // namespace pgshoal::session
