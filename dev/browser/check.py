"""check.py PROGRAM TOP AXE: what dev/browser/run does, in the working directory. AXE may be empty.

Status: 0 all is well, 1 it is not. The bounds on time are generous: other programs may be running.
"""
import base64
import json
import os
import random
import subprocess
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

PROGRAM, TOP, AXE = sys.argv[1:4]
ELEMENTS_MAX, BYTES_MAX = 200000, 20 << 20
SECONDS_MAX = 20  # of CPU to open a page
sys.path.insert(0, os.path.join(TOP, "bench"))
import many_open  # noqa: E402, pylint: disable=wrong-import-position

failures = 0
checks = 0

# Each sets window.ran or leaves an element behind if anything takes it for markup.
INJECTIONS = [
    "<script>window.ran=1</script>", "</script><script>window.ran=1</script>", "</title><script>window.ran=1</script>",
    "</style><script>window.ran=1</script>", "<img src=x onerror=window.ran=1>", "\"><svg onload=window.ran=1>",
    "'><iframe src=javascript:window.ran=1>", "\" onmouseover=window.ran=1 x=\"", "<svg><script>window.ran=1</script></svg>",
    "javascript:window.ran=1", "<a href=javascript:window.ran=1>x</a>", "<details open ontoggle=window.ran=1>",
    "<math><mtext><img src=x onerror=window.ran=1></mtext></math>", "<!--<script>window.ran=1</script>-->", "]]><script>window.ran=1</script>",
    "<style>@import'http://attacker.invalid/'</style>", "<link rel=stylesheet href=http://attacker.invalid/>",
    "<base href=http://attacker.invalid/>", "<meta http-equiv=refresh content=0;url=http://attacker.invalid/>",
    "&lt;script&gt;window.ran=1&lt;/script&gt;", "&#60;img src=x onerror=window.ran=1&#62;", "${window.ran=1}", "{{window.ran=1}}",
    "<template><script>window.ran=1</script></template>", "<noscript><p title=\"</noscript><img src=x onerror=window.ran=1>\">",
]
FILE_NAME = "<img src=x onerror=window.ran=1>'\"&.pcap"
TAGS = set("html head meta title style body header h1 nav a main section h2 h3 h4 p div button span svg rect path text table "
           "caption thead tbody tr th td details summary pre code b ul li label input output footer script line g time".split())


def expect(what, holds, detail=""):
    global failures, checks
    checks += 1
    if not holds:
        failures += 1
        print("FAILED: %s %s" % (what, detail))


def make_page(name, *arguments):
    path = os.path.abspath(os.path.join("pages", name))  # not next to an input
    subprocess.run([PROGRAM, "-q", "-r", "inputs", "--force", "--html=" + path, *arguments], check=True,
                   stdout=subprocess.DEVNULL)
    expect(name + ": size", os.path.getsize(path) <= BYTES_MAX, os.path.getsize(path))
    return "file://" + path


# Captures --------------------------------------------------------------------------------------------------------------

def handshake(out, k, c, s):
    out.packet(k, False, many_open.SYN, c, 0)
    out.packet(k, True, many_open.SYN | many_open.ACK, s, c + 1)
    out.packet(k, False, many_open.ACK, c + 1, s + 1)
    return c + 1, s + 1


def exchange(out, k, c, s, request, response):
    out.packet(k, False, many_open.PSH | many_open.ACK, c, s, request)
    out.packet(k, True, many_open.PSH | many_open.ACK, s, c + len(request), response)
    return c + len(request), s + len(response)


def write_many(path, count=10000):
    """Connections of which one in five ends in a race, and one in five in a reset within a response."""
    out, chance = many_open.Writer(path), random.Random(3)
    for k in range(count):
        c, s = handshake(out, k, 1000 + k, 9000 + k)
        for i in range(chance.randrange(1, 6)):
            c, s = exchange(out, k, c, s, many_open.REQUEST % (i, k % 50), many_open.RESPONSE)
            out.time += chance.randrange(2000)
        if k % 5 == 0:
            out.time += 2000000 if k % 100 == 0 else 10
            out.packet(k, True, many_open.FIN | many_open.ACK, s, c)
            out.packet(k, False, many_open.PSH | many_open.ACK, c, s, many_open.REQUEST % (9, 1))
            out.packet(k, True, many_open.RST, s + 1, 0)
        elif k % 5 == 1:
            out.packet(k, True, many_open.PSH | many_open.ACK, s, c, many_open.RESPONSE[:30])
            out.packet(k, True, many_open.RST | many_open.ACK, s + 30, c)
        else:
            out.packet(k, False, many_open.FIN | many_open.ACK, c, s)
            out.packet(k, True, many_open.FIN | many_open.ACK, s, c + 1)
    out.file.close()


def write_hostile(path):
    """Each injection as target, host, Connection option and Keep-Alive, on a connection that ends in a race."""
    out = many_open.Writer(path)
    for k, text in enumerate(INJECTIONS):
        bare = text.replace(" ", "+").encode()
        c, s = handshake(out, k, 1000, 9000)
        request = b"GET /%b HTTP/1.1\r\nHost: %b\r\nConnection: te, %b\r\nTE: x\r\n\r\n" % (bare, text.encode(), text.encode())
        response = (b"HTTP/1.1 200 OK\r\nConnection: keep-alive, %b\r\nKeep-Alive: timeout=5, %b\r\nContent-Length: 2\r\n\r\nok"
                    % (text.encode(), text.encode()))
        c, s = exchange(out, k, c, s, request, response)
        out.time += 2000000
        out.packet(k, True, many_open.FIN | many_open.ACK, s, c)
        out.packet(k, False, many_open.PSH | many_open.ACK, c, s, request)
        out.packet(k, True, many_open.RST, s + 1, 0)
    out.file.close()


# The browser -----------------------------------------------------------------------------------------------------------

def start(width, scripts=True):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--window-size=%d,1500" % width):
        options.add_argument(argument)
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("chromedriver"))
    driver.set_script_timeout(120)
    if width < 500:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True})
    return driver


def open_page(driver, url, what):
    driver.execute_cdp_cmd("Performance.enable", {})
    driver.get(url)
    metrics = {item["name"]: item["value"] for item in
               driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
    count = driver.execute_script("return document.querySelectorAll('*').length")
    seconds = metrics["TaskDuration"]
    print("%s: %d elements, %.1f s of CPU" % (what, count, seconds))
    expect(what + ": elements", 100 < count <= ELEMENTS_MAX, count)
    expect(what + ": seconds of CPU", seconds < SECONDS_MAX, seconds)
    wide = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    expect(what + ": nothing is wider than the window", wide <= 0, wide)


def check_logs(driver, pages, what):
    logs = driver.get_log("browser")
    expect(what + ": the console is empty", not logs, logs[:3])
    asked = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
    expect(what + ": no request leaves", all(one.split("#")[0] in pages for one in asked if one.startswith(("file:", "http"))),
           sorted(asked)[:3])


def visible(driver, selector):
    return driver.execute_script("return Array.from(document.querySelectorAll(arguments[0])).filter("
                                 "e => !e.hidden && getComputedStyle(e).display !== 'none').length", selector)


def check_clicks(driver):
    rows, bars = visible(driver, "#ca-table tbody tr"), visible(driver, ".ca-bar")
    bad = "[data-verdict=contradicted]"
    wanted = driver.execute_script("return document.querySelectorAll('#ca-table tbody tr%s').length" % bad)
    driver.find_element(By.CSS_SELECTOR, ".ca-choice.ca-total" + bad).click()
    expect("filter by verdict", 0 < wanted < rows and visible(driver, "#ca-table tbody tr") == wanted)
    expect("filter of the timeline", 0 < visible(driver, ".ca-bar") < bars)
    expect("a pressed bar is marked",
           driver.find_element(By.CSS_SELECTOR, ".ca-choice.ca-total" + bad).get_attribute("aria-pressed") == "true")
    race = driver.find_element(By.CSS_SELECTOR, ".ca-choice[data-cause=keepalive_race]")
    race.click()
    expect("filter by cause", visible(driver, "#ca-table tbody tr") ==
           int(race.find_element(By.CSS_SELECTOR, ".ca-number").text.replace(",", "")))
    race.click()
    expect("a second click shows all", visible(driver, "#ca-table tbody tr") == rows and visible(driver, ".ca-bar") == bars)

    field = driver.find_element(By.ID, "ca-filter")
    field.send_keys("2001:DB8")
    expect("filter by text", 0 < visible(driver, "#ca-table tbody tr") < rows)
    driver.find_element(By.ID, "ca-all").click()
    expect("all", visible(driver, "#ca-table tbody tr") == rows and field.get_attribute("value") == "")

    for column, kind in (("exchanges", float), ("cause", str)):
        head = driver.find_element(By.XPATH, "//table[@id='ca-table']//th[.='%s']" % column)
        for way in ("ascending", "descending"):
            head.find_element(By.TAG_NAME, "button").click()
            cells = driver.execute_script("const i = arguments[0].cellIndex; return Array.from(document.querySelectorAll("
                                          "'#ca-table tbody tr'), r => r.cells[i].textContent)", head)
            cells = [kind(cell) for cell in cells]
            expect("sort by %s, %s" % (column, way), cells == sorted(cells, reverse=way == "descending") and
                   head.get_attribute("aria-sort") == way and len(set(cells)) > 2)

    zooms = driver.find_elements(By.CSS_SELECTOR, "[data-zoom]")
    width = lambda: driver.execute_script("return document.getElementById('ca-timeline').getBoundingClientRect().width")
    before = width()
    zooms[0].click()
    expect("zoom in", abs(width() - 2 * before) < 2, width())
    zooms[0].click()
    zooms[1].click()
    expect("zoom out", abs(width() - 2 * before) < 2, width())
    zooms[2].click()
    expect("whole", abs(width() - before) < 2, width())

    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    button = driver.find_element(By.CSS_SELECTOR, "[data-copy]")
    button.click()
    copied = driver.execute_async_script("const done = arguments[0]; setTimeout(() => navigator.clipboard.readText()"
                                         ".then(done, e => done(String(e))), 200)")
    expect("copy the filter", copied == button.get_attribute("data-copy") and copied.startswith("frame.number in {"), copied)

    link = driver.find_element(By.CSS_SELECTOR, "#ca-table tbody a")
    link.click()
    opened = driver.find_element(By.ID, link.get_attribute("href").split("#")[1])
    for _ in range(50):
        if opened.get_attribute("open") is not None:
            break
        time.sleep(0.1)
    expect("a link opens its diagram", opened.get_attribute("open") is not None and
           opened.find_element(By.TAG_NAME, "svg").is_displayed())


def check_hostile(driver, url, pages):
    open_page(driver, url, "hostile texts")
    check_logs(driver, pages, "hostile texts")
    for element in driver.find_elements(By.CSS_SELECTOR, ".ca-choice, #ca-table th button, [data-copy]")[:40]:
        element.click()
    driver.execute_script("for (const d of document.querySelectorAll('details')) d.open = true;"
                          "for (const e of document.querySelectorAll('td, text, p'))"
                          " e.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))")
    expect("nothing runs", driver.execute_script("return window.ran === undefined"))
    tags = set(driver.execute_script("return Array.from(document.querySelectorAll('*'), e => e.localName)"))
    expect("no element from a text", tags <= TAGS, tags - TAGS)
    handlers = driver.execute_script("return Array.from(document.querySelectorAll('*')).flatMap(e => Array.from(e.attributes))"
                                     ".map(a => a.name + '=' + a.value).filter(a => /^on|^style=|^src=|=javascript:/i.test(a))")
    expect("no attribute that runs", not handlers, handlers[:3])
    expect("one script", driver.execute_script("return document.scripts.length") == 1)
    text = driver.execute_script("return document.body.textContent")
    # The reports escape a backslash and a field's first = + - @; these texts have neither.
    lacking = [injection for injection in INJECTIONS if injection.replace(" ", "+") not in text]
    expect("every text is there, as text", not lacking, lacking[:3])
    expect("the name of the file is text", FILE_NAME in text)
    expect("the title is text", FILE_NAME in driver.title)


def check_without_scripts(url):
    driver = start(1280, scripts=False)
    try:
        driver.get(url)
        driver.save_screenshot("without-scripts.png")
        rows = driver.find_elements(By.CSS_SELECTOR, "#ca-table tbody tr")
        expect("without scripts: the table is there", rows and rows[0].is_displayed())
        hidden = [element.is_displayed() for element in driver.find_elements(By.CSS_SELECTOR, ".ca-js")]
        expect("without scripts: what needs them is hidden", hidden and not any(hidden))
        details = driver.find_element(By.CSS_SELECTOR, ".ca-story")
        details.find_element(By.TAG_NAME, "summary").click()
        expect("without scripts: a diagram opens", details.find_element(By.TAG_NAME, "svg").is_displayed())
    finally:
        driver.quit()


def check_print(driver, path):
    driver.execute_script("document.querySelector('.ca-story').open = true")
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"])
    with open(path, "wb") as file:
        file.write(pdf)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = lambda selector: visible(driver, selector)
    expect("prints glance, servers, findings", shown("#glance") and shown("#servers") and shown("#findings"))
    expect("prints opened diagrams alone", shown(".ca-story") == 1, shown(".ca-story"))
    expect("prints no table, timeline or button", not shown("#connections") and not shown("#timeline") and
           not shown("[data-copy]"))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def check_accessibility(driver, what):
    if not AXE:
        return
    with open(AXE, encoding="utf-8") as file:
        driver.execute_script(file.read())
    found = driver.execute_async_script("const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] })"
                                        ".then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.length + ' times, '"
                                        " + v.nodes[0].html.slice(0, 120))), e => done([String(e)]))")
    expect(what + ": accessibility", not found, found)


def check_pictures(driver, url, name, width):
    driver.get(url)
    driver.execute_script("const d = document.querySelector('.ca-story'); if (d) d.open = true")
    for place in ("glance", "servers", "hops", "timeline", "findings", "connections", "diagrams"):
        if not driver.find_elements(By.ID, place):
            continue
        driver.execute_script("document.getElementById(arguments[0]).scrollIntoView()", place)
        driver.save_screenshot("%s-%d-%s.png" % (name, width, place))


def main():
    samples = sorted(os.path.join("samples", name) for name in os.listdir("samples") if ".pcap" in name)
    timeouts = sorted(os.path.join("samples/timeouts", name) for name in os.listdir("samples/timeouts") if ".pcap" in name)
    write_many("many.pcap")
    write_hostile(FILE_NAME)
    pages = {"all": make_page("all.html", "-a", *samples, *timeouts),
             "one": make_page("one.html", "samples/timeouts/two-servers-behind-one-address.pcap.gz"),
             "hops": make_page("hops.html", "samples/hops/nginx-keeps-connections.pcap"),
             "many": make_page("many.html", "many.pcap")}
    hostile = make_page("hostile.html", FILE_NAME)
    allowed = set(pages.values()) | {hostile}
    for width in (1280, 400):
        driver = start(width)
        try:
            for name, url in pages.items():
                what = "%s, %d pixels" % (name, width)
                open_page(driver, url, what)
                check_logs(driver, allowed, what)
                check_pictures(driver, url, name, width)
            for name in ("one", "hops"):
                driver.get(pages[name])
                check_accessibility(driver, "%s, %d pixels" % (name, width))
            if width == 1280:
                driver.get(pages["all"])
                check_clicks(driver)
                check_logs(driver, allowed, "after the clicks")
                check_hostile(driver, hostile, allowed)
                driver.get(pages["one"])
                check_print(driver, "one.pdf")
        finally:
            driver.quit()
    check_without_scripts(pages["one"])
    print("%d checks, %d failures" % (checks, failures))
    return failures > 0


sys.exit(main())
