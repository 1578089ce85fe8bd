#include "controller/http/http_connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <exception>
#include <optional>

#include "controller/http/request_target.hpp"

namespace plimsoll::controller {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBufferBytes = 64U << 10U;
constexpr std::size_t kDrainBytes = 8U << 20U;
constexpr std::size_t kRestBytes = 4096;
constexpr std::chrono::milliseconds kDrainTime{1'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string lower_case(boost::string_view text) {
  std::string lower;
  for (const char letter : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return lower;
}

Request head_of(const http::request<http::string_body>& message, bool unix_socket) {
  Request head;
  head.method = std::string(message.method_string());
  head.target = std::string(message.target());
  head.unix_socket = unix_socket;
  for (const auto& field : message) {
    auto [place, fresh] = head.headers.emplace(lower_case(field.name_string()), std::string(field.value()));
    if (!fresh) place->second += ", " + std::string(field.value());
  }
  return head;
}

/// True when peers may disagree on where the body ends, which is how requests are smuggled through proxies (RFC 9112
/// 6.1, 6.3). Beast takes a coding that it does not know for no body at all.
bool length_is_doubtful(const http::request<http::string_body>& message) {
  const auto codings = message.count(http::field::transfer_encoding);
  if (codings == 0) return false;
  return codings > 1 || message.count(http::field::content_length) > 0 || message.version() < 11 ||
         lower_case(message[http::field::transfer_encoding]) != "chunked";
}

/// 0: the peer went away, there is nobody to answer.
int status_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_value).category() ? 400 : 0;
}

const char* text_of(int status) {
  switch (status) {
    case 408: return "the request took too long";
    case 413: return "the body is too large";
    case 431: return "the headers are too large";
    case 503: return "too many requests at once; try again";
    case 504: return "the controller did not answer in time";
    default: return "the request is not valid HTTP/1.1";
  }
}

class BeastConnection final : public HttpConnection, public std::enable_shared_from_this<BeastConnection> {
 public:
  BeastConnection(Socket socket, bool unix_socket, std::shared_ptr<ConnectionShare> share)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        share_(std::move(share)),
        unix_socket_(unix_socket),
        buffer_(kBufferBytes) {}

  void start(Closed closed) override {
    closed_callback_ = std::move(closed);
    wait_for_request(share_->limits.request);
  }
  [[nodiscard]] bool idle() const override { return phase_ == Phase::idle; }
  [[nodiscard]] Clock::time_point idle_since() const override { return idle_since_; }
  void finish() override {
    finishing_ = true;
    if (phase_ == Phase::idle || phase_ == Phase::reading || phase_ == Phase::draining) close();
  }
  void close() override;

 private:
  enum class Phase { idle, reading, answering, writing, draining, closed };

  void arm(std::chrono::milliseconds limit);
  void on_timeout();
  void wait_for_request(std::chrono::milliseconds limit);
  void read_header();
  void on_header(error_code error);
  void on_head(Request head);
  void read_body();
  void on_body(error_code error);
  void deliver();
  void answered(std::uint64_t request, Response response);
  void send(Response response, bool keep_alive);
  void refuse(int status);
  void on_written(error_code error, bool keep_alive);
  void drain();
  void read_ended(error_code error);
  void read_rest();
  void release_body_slot();
  [[nodiscard]] bool body_unread() const { return parser_ && parser_->is_header_done() && !parser_->is_done(); }

  Socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<ConnectionShare> share_;
  const bool unix_socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  Closed closed_callback_;
  Phase phase_ = Phase::idle;
  Clock::time_point idle_since_{};
  Request head_;
  std::uint64_t request_ = 0;  // counts requests, so that a late answer does not meet the next one
  std::uint64_t alarm_ = 0;
  int reads_ = 0;  // of Beast, under way: they hold on to buffer_ and parser_ and may outlive a cancel
  std::array<char, kRestBytes> rest_;
  std::size_t drained_ = 0;
  bool holds_body_slot_ = false;
  bool finishing_ = false;
};

void BeastConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  release_body_slot();
  ++alarm_;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  if (auto callback = std::move(closed_callback_)) callback(shared_from_this());
}

void BeastConnection::arm(std::chrono::milliseconds limit) {
  timer_.expires_after(limit);
  timer_.async_wait([self = shared_from_this(), alarm = ++alarm_](error_code error) {
    if (!error && alarm == self->alarm_) self->on_timeout();
  });
}

void BeastConnection::on_timeout() {
  if (phase_ == Phase::reading) {
    error_code ignored;
    socket_.cancel(ignored);
    refuse(408);
  } else if (phase_ == Phase::answering) {
    refuse(504);
  } else {
    close();
  }
}

void BeastConnection::wait_for_request(std::chrono::milliseconds limit) {
  parser_.reset();
  head_ = {};
  phase_ = Phase::idle;
  idle_since_ = Clock::now();
  if (buffer_.size() > 0) return read_header();
  arm(limit);
  socket_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](error_code error, std::size_t bytes) {
    if (self->phase_ != Phase::idle) return;
    if (error) return self->close();
    self->buffer_.commit(bytes);
    self->read_header();
  });
}

void BeastConnection::read_header() {
  phase_ = Phase::reading;
  ++request_;
  arm(share_->limits.request);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(share_->limits.header_bytes));
  parser_->body_limit(boost::none);  // looked at in on_head, after the handler has seen the head
  ++reads_;
  http::async_read_header(socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
    self->read_ended(error);
    if (self->phase_ == Phase::reading) self->on_header(error);
  });
}

void BeastConnection::on_header(error_code error) {
  if (error) {
    const int status = status_of(error);
    return status == 0 ? close() : refuse(status);
  }
  const auto& message = parser_->get();
  const bool needs_host = message.version() == 11 && message.count(http::field::host) != 1;
  Request head = head_of(message, unix_socket_);
  if (needs_host || length_is_doubtful(message) || !split_target(head)) return refuse(400);
  on_head(std::move(head));
}

void BeastConnection::on_head(Request head) {
  head_ = std::move(head);
  if (!share_->handler) return close();
  if (auto refusal = share_->handler->screen(head_)) {
    return send(std::move(*refusal), !body_unread() && parser_->get().keep_alive());
  }
  const std::size_t limit = unix_socket_ ? share_->limits.unix_body_bytes : share_->limits.tcp_body_bytes;
  if (parser_->content_length_remaining().value_or(0) > limit) return refuse(413);
  if (parser_->is_done()) return deliver();
  if (!unix_socket_) {
    if (share_->bodies >= share_->limits.tcp_bodies) return refuse(503);
    ++share_->bodies;
    holds_body_slot_ = true;
  }
  parser_->body_limit(limit);
  if (lower_case(parser_->get()[http::field::expect]) != "100-continue") return read_body();
  phase_ = Phase::writing;  // so that a time-out closes: an answer must not be written into the middle of this one
  asio::async_write(socket_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, std::size_t) {
    if (self->phase_ != Phase::writing) return;
    if (error || self->finishing_) return self->close();
    self->phase_ = Phase::reading;
    self->read_body();
  });
}

void BeastConnection::read_body() {
  ++reads_;
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
    self->read_ended(error);
    if (self->phase_ == Phase::reading) self->on_body(error);
  });
}

void BeastConnection::on_body(error_code error) {
  if (!error) return deliver();
  const int status = status_of(error);
  status == 0 ? close() : refuse(status);
}

void BeastConnection::deliver() {
  if (!share_->handler) return close();
  phase_ = Phase::answering;
  arm(share_->limits.answer);
  Request request = head_;
  request.body = std::move(parser_->get().body());
  // Posted, never run in place: an answer may come from any thread, and a chain of pipelined requests must not nest.
  Respond respond = [weak = weak_from_this(), executor = socket_.get_executor(), number = request_](Response response) {
    asio::post(executor, [weak, number, response = std::move(response)]() mutable {
      if (const auto self = weak.lock()) self->answered(number, std::move(response));
    });
  };
  try {
    share_->handler->handle(std::move(request), respond);
  } catch (...) {  // would end the program
    respond(error_response(500, thrown_error(std::current_exception()).message, "internal"));
  }
}

void BeastConnection::answered(std::uint64_t request, Response response) {
  if (phase_ != Phase::answering || request != request_) return;
  release_body_slot();
  send(std::move(response), parser_->get().keep_alive() && !finishing_);
}

void BeastConnection::refuse(int status) {
  if (share_->handler && !head_.method.empty()) share_->handler->cut_off(head_, status);
  send(error_response(status, text_of(status), status >= 500 ? "transient" : "rejected"), false);
}

void BeastConnection::send(Response response, bool keep_alive) {
  phase_ = Phase::writing;
  release_body_slot();
  arm(share_->limits.idle);
  auto& message = response_.emplace();
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  message.set(http::field::content_type, response.content_type);
  message.set("X-Content-Type-Options", "nosniff");
  message.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.content_length(response.body.size());
  if (head_.method != "HEAD") message.body() = std::move(response.body);
  http::async_write(socket_, message, [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
    if (self->phase_ == Phase::writing) self->on_written(error, keep_alive);
  });
}

void BeastConnection::on_written(error_code error, bool keep_alive) {
  response_.reset();
  if (error) return close();
  if (!keep_alive) return drain();
  if (finishing_) return close();
  wait_for_request(share_->limits.idle);
}

void BeastConnection::drain() {
  // Closing with unread bytes resets the connection, and the peer would never see the answer.
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (finishing_) return close();
  phase_ = Phase::draining;
  arm(kDrainTime);
  // A read that had bytes when it was cancelled went on: it takes what comes until it ends, or the time does.
  if (reads_ > 0) {
    socket_.cancel(ignored);
  } else {
    read_rest();
  }
}

void BeastConnection::read_ended(error_code error) {
  --reads_;
  if (phase_ != Phase::draining) return;
  const bool peer_gone = error && status_of(error) == 0 && error != asio::error::operation_aborted;
  // After an end of file Asio waits for news before it reads again, and none would come.
  peer_gone ? close() : read_rest();
}

void BeastConnection::read_rest() {
  socket_.async_read_some(asio::buffer(rest_), [self = shared_from_this()](error_code error, std::size_t bytes) {
    if (self->phase_ != Phase::draining) return;
    self->drained_ += bytes;
    if (error || self->drained_ > kDrainBytes) return self->close();
    self->read_rest();
  });
}

void BeastConnection::release_body_slot() {
  if (holds_body_slot_) --share_->bodies;
  holds_body_slot_ = false;
}

}  // namespace

std::shared_ptr<HttpConnection> make_http_connection(HttpConnection::Socket socket, bool unix_socket,
                                                     std::shared_ptr<ConnectionShare> share) {
  return std::make_shared<BeastConnection>(std::move(socket), unix_socket, std::move(share));
}

}  // namespace plimsoll::controller
