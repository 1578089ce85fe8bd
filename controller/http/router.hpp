#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controller/http/http_message.hpp"

namespace plimsoll::controller {

/// Who may reach a route over TCP. Over the unix socket everything is allowed: the file's mode decides.
enum class Access {
  open,      ///< anybody: it reveals nothing, or authenticates by itself (webhook)
  reading,   ///< only on a loopback listener, under a loopback Host (DNS rebinding), and through no proxy
  changing,  ///< never over TCP: it changes something, or shows what containers wrote
};

/// What the TCP listener is, for the access rules.
struct AccessPolicy {
  bool loopback = true;       ///< only this machine reaches the listener
  bool open_metrics = false;  ///< `/metrics` for anybody who reaches the listener
};

/// Routes of one server: method and path to handler, with the access rules in front. Loop thread only.
class Router final : public HttpHandler {
 public:
  using Handle = std::function<void(Request, Respond)>;
  using Screen = std::function<std::optional<Response>(const Request& head)>;
  using CutOff = std::function<void(int status)>;

  struct Route {
    std::string method;  ///< `GET` (which also answers HEAD) or `POST`
    std::string path;    ///< exact, or a prefix when it ends in `/`
    Access access = Access::reading;
    Handle handle;
    Screen screen = {};   ///< further checks on the head; may be empty
    CutOff cut_off = {};  ///< the server refused the body; may be empty
  };

  explicit Router(AccessPolicy policy) : policy_(policy) {}

  void add(Route route) { routes_.push_back(std::move(route)); }
  /// Known once the server listens.
  void set_policy(AccessPolicy policy) { policy_ = policy; }

  [[nodiscard]] std::optional<Response> screen(const Request& head) override;
  void handle(Request request, Respond respond) override;
  void cut_off(const Request& head, int status) override;

 private:
  [[nodiscard]] const Route* find(const Request& head) const;
  [[nodiscard]] Response no_route(const Request& head) const;
  [[nodiscard]] bool local(const Request& head) const;
  [[nodiscard]] std::optional<Response> forbidden(const Route& route, const Request& head) const;

  AccessPolicy policy_;
  std::vector<Route> routes_;
};

}  // namespace plimsoll::controller
