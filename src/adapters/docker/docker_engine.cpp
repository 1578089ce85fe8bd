#include "adapters/docker/docker_engine.hpp"

#include <boost/json.hpp>

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_clock.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/image_removal.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/json_memory.hpp"
#include "adapters/docker/log_frames.hpp"
#include "model/secret_scrub.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::size_t kLogBytes = 8U << 20U;
constexpr std::size_t kMaxContainers = 4096;

Instant wall_clock() { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }

std::string list_filter(const ports::ObserveScope& scope, const std::string& installation) {
  json::array labels{std::string(label::kController) + "=" + installation};
  if (!scope.environment.empty()) labels.emplace_back(std::string(label::kEnvironment) + "=" + scope.environment);
  if (!scope.environment.empty() && !scope.app.empty()) labels.emplace_back(std::string(label::kApp) + "=" + scope.app);
  return json::serialize(json::object{{"label", std::move(labels)}});
}

/// Who may write to the manifest repository says where an engine is; only the operator says who may have secrets.
std::string why_withheld(const DockerOptions& options) {
  const std::string& address = options.endpoint.plain_address;
  if (address.empty() || options.plain_engines.contains(address)) return {};
  return "the way to the " + options.endpoint.http.description +
         " is not protected; give its instance tls in instances.yaml, or list " + address +
         " under plain_engines in controller.yaml";
}

}  // namespace

DockerEngine::DockerEngine(DockerOptions options)
    : installation_(options.installation),
      withheld_(why_withheld(options)),
      api_(options.endpoint.http),
      images_(api_, std::move(options.registries), withheld_),
      networks_(api_, options.installation),
      containers_(api_, options.installation, options.endpoint.local),
      creation_(api_, containers_, networks_, options.installation),
      reload_(api_) {}

Result<DockerEngine::Listing> DockerEngine::list(const ports::ObserveScope& scope, const ports::Call& call) {
  const Query query{{"all", "1"}, {"filters", list_filter(scope, installation_)}};
  const auto response = api_.send({.path = "/containers/json" + query_text(query), .body_limit = kListBytes}, call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("list containers of " + api_.endpoint().description, *response);
  JsonMemory memory;
  const auto parsed = memory.parse(response->body);
  if (!parsed.is_array())
    return Error{ErrorKind::transient, api_.endpoint().description + " sent no JSON list of containers"};
  if (parsed.get_array().size() > kMaxContainers)
    return Error{ErrorKind::rejected, api_.endpoint().description + " lists more than " +
                                          std::to_string(kMaxContainers) +
                                          " containers of ours; is it the engine that it should be?"};
  Listing listing;
  listing.clock_lead = clock_lead(*response, wall_clock());
  listing.containers.reserve(parsed.get_array().size());
  for (const auto& entry : parsed.get_array()) {
    if (!entry.is_object() || text_at(entry.get_object(), "Id").empty())
      return Error{ErrorKind::transient, api_.endpoint().description + " lists a container without its Id"};
    listing.containers.push_back(listed_container(entry.get_object()));
  }
  return listing;
}

Result<ObservedInstance> DockerEngine::observe(const ports::ObserveScope& scope, const ports::Call& call) {
  const auto who = api_.identity(call);
  if (!who) return who.error();
  const auto listed = list(scope, call);
  if (!listed) return listed.error();
  const auto inspect = [&](const std::string& id) -> Result<std::optional<ObservedContainer>> {
    const auto inspected = containers_.inspect(id, call);
    if (!inspected) return inspected.error();
    if (!inspected->has_value()) return std::optional<ObservedContainer>();
    auto container = observed_container(**inspected);
    if (auto read = reload_.read_record(container, call); !read) return std::move(read).error();
    return std::optional<ObservedContainer>(std::move(container));
  };
  ObservedInstance instance;
  const auto half_made = [](const ObservedContainer& one) { return ContainerCreation::is_half_made(one.name); };
  auto containers = cache_.look(listed->containers, wall_clock() + listed->clock_lead, scope.environment.empty(),
                                who->podman, inspect);
  if (!containers) return std::move(containers).error();
  instance.containers = std::move(*containers);
  if (listed->clock_lead != Millis{0})
    for (auto& container : instance.containers) to_our_clock(container, listed->clock_lead);
  // Left by a creation that was cut short. Seen as what nobody asked for, so that it is never started and goes.
  for (auto& container : instance.containers) {
    if (!half_made(container)) continue;
    container.spec_digest.clear();
    container.applied.clear();
  }
  if (!scope.networks) return instance;
  if (auto looked = observe_networks(instance, scope, listed->clock_lead, call); !looked) return looked.error();
  return instance;
}

Result<void> DockerEngine::observe_networks(ObservedInstance& instance, const ports::ObserveScope& scope,
                                            Millis clock_lead, const ports::Call& call) {
  auto networks = networks_.observe(scope, call);
  if (!networks) return std::move(networks).error();
  // A stopped container holds no endpoint, but would not start again without its network.
  for (auto& network : *networks) {
    if (network.created_at) *network.created_at -= clock_lead;
    for (const auto& container : instance.containers)
      if (container.networks.contains(network.name)) network.attached.emplace(container.id, container.name);
    network.in_use = !network.attached.empty();
  }
  instance.networks = std::move(*networks);
  auto idle = networks_.idle_files(scope, call);
  if (!idle) return std::move(idle).error();
  instance.idle_files = std::move(*idle);
  return {};
}

Error DockerEngine::secrets_withheld(const std::string& what, const TargetId& target) const {
  return {ErrorKind::rejected,
          what + " on instance " + target.instance + ": it needs secrets, which are not sent, since " + withheld_};
}

/// One function per action; all mark what they touched, so that the next observation sees it as it is.
struct DockerEngine::Applying {
  DockerEngine& engine;
  const ports::ApplyContext& context;
  const ports::Call& call;
  using Outcome = Result<ports::Applied>;

  /// What may leave for this engine.
  [[nodiscard]] const SecretTable* values() const { return engine.withheld_.empty() ? context.secrets : nullptr; }

  static Outcome done(const Result<void>& result) {
    if (!result) return result.error();
    return ports::Applied{};
  }
  Outcome touched(const ContainerRef& container, const Result<void>& result) const {
    engine.cache_.invalidate(key_of(container));
    return done(result);
  }

  Outcome operator()(const EnsureImage& action) const {
    auto ensured = engine.images_.ensure(action, context.progress, call);
    if (!ensured) return std::move(ensured).error();
    return ports::Applied{"", std::move(ensured->digest), ensured->pulled};
  }
  Outcome operator()(const EnsureNetwork& action) const {
    return done(engine.networks_.ensure(action.network, context.target, call));
  }
  Outcome operator()(const EnsureVolume& action) const {
    return done(engine.networks_.ensure(action.volume, context.target, call));
  }
  Outcome operator()(const CreateContainer& action) const {
    const bool withheld = !engine.withheld_.empty();
    if (withheld && needs_secrets({action, context.target, engine.installation_, kOurApiVersion}))
      return engine.secrets_withheld("create container " + action.name, context.target);
    auto id = engine.creation_.create(action, context.target, values(), call);
    if (!id) return std::move(id).error();
    return ports::Applied{std::move(*id)};
  }
  Outcome operator()(const StartContainer& action) const {
    return touched(action.container, engine.containers_.start(action, call));
  }
  Outcome operator()(const CheckGate& action) const {
    const auto passed = engine.containers_.passes_gate(action, call);
    if (!passed) return passed.error();
    return ports::Applied{.gate_passed = *passed};
  }
  Outcome operator()(const StopContainer& action) const {
    return touched(action.container, engine.containers_.stop(action, call));
  }
  Outcome operator()(const UnpauseContainer& action) const {
    return touched(action.container, engine.containers_.unpause(action, call));
  }
  Outcome operator()(const RenameContainer& action) const {
    return touched(action.container, engine.containers_.rename(action, call));
  }
  Outcome operator()(const RemoveContainer& action) const {
    return touched(action.container, engine.containers_.remove(action, call));
  }
  Outcome operator()(const UpdateContainer& action) const {
    return touched(action.container, engine.containers_.update(action, call));
  }
  Outcome operator()(const ConnectNetwork& action) const {
    return touched(action.container, engine.networks_.connect(key_of(action.container), action.attachment, call));
  }
  Outcome operator()(const DisconnectNetwork& action) const {
    return touched(action.container, engine.networks_.disconnect(key_of(action.container), action.network, call));
  }
  Outcome operator()(const ReloadFiles& action) const {
    if (!engine.withheld_.empty() && has_secret_files(action.service->spec))
      return engine.secrets_withheld("reload container " + text_of(action.container), context.target);
    return touched(action.container, engine.reload_.reload(action, values(), call));
  }
  Outcome operator()(const RemoveNetwork& action) const { return done(engine.networks_.remove(action, call)); }
  Outcome operator()(const RemoveFiles& action) const { return done(engine.networks_.remove(action, call)); }
};

Result<ports::Applied> DockerEngine::apply(const Action& action, const ports::ApplyContext& context,
                                           const ports::Call& call) {
  auto result = std::visit(Applying{*this, context, call}, action);
  if (!result) return scrubbed(std::move(result).error(), context.secrets);
  return result;
}

Result<std::string> DockerEngine::resolve_digest(const std::string& reference, const ports::Call& call) {
  auto digest = images_.registry_digest(reference, call);
  if (!digest) return scrubbed(std::move(digest).error(), nullptr);
  return digest;
}

Result<ports::ImageRemoval> DockerEngine::remove_image(const std::string& image, const std::vector<std::string>& names,
                                                       const ports::Call& call) {
  return adapters::remove_image(api_, image, names, call);
}

Result<std::string> DockerEngine::logs(const std::string& container, int lines, const ports::Call& call) {
  const Query query{{"stdout", "1"}, {"stderr", "1"}, {"tail", std::to_string(lines)}};
  const auto response = api_.send(
      {.path = "/containers/" + percent_encoded(container) + "/logs" + query_text(query), .body_limit = kLogBytes},
      call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("logs of container " + container, *response);
  const auto type = response->headers.find("content-type");
  const bool raw = type != response->headers.end() && type->second == "application/vnd.docker.raw-stream";
  // Below API 1.42 the raw type is told for framed streams too; frames are then known by their headers.
  const auto who = api_.identity(call);
  const bool told = who && who->version >= ApiVersion{1, 42};
  return raw && told ? response->body : log_text(response->body);
}

void DockerEngine::invalidate(const std::string& container_id) { cache_.invalidate(container_id); }
void DockerEngine::invalidate_all() { cache_.invalidate_all(); }

}  // namespace plimsoll::adapters
