connaudit -q --fail-on=error samples/close-declared-but-left-open.pcap > /dev/null || echo "status $?"
