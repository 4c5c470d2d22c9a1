"""Gas of cyclic routes: ours, the floor and the routers, under two schedules."""
