connaudit -q -r findings samples/hop-by-hop-nomination-of-forwarded-for.pcap
